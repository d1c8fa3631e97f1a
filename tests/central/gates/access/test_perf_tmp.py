import time
from datetime import timedelta
from sqlalchemy import text
from central.gates.access import service, snapshot
from tests.central.people.town import build_town
def test_perf(database, parts, two_tenants):
    town=build_town(database.engine,two_tenants.a,"x")
    with town.session() as db:
        db.execute(text("""
        with p as (insert into person(id,name) select gen_random_uuid(),'示例'||g from generate_series(1,10000) g returning id),
        r as (insert into resident(id,community_id,house_id,person_id,tie,starts_at) select gen_random_uuid(),:c,:h,id,'family',now()-interval '1 year' from p returning person_id)
        select 1"""),{"c":town.community,"h":town.house})
        db.execute(text("insert into cardholder(id,community_id,person_id,groups) select gen_random_uuid(),:c,id,'{resident}' from person on conflict do nothing"),{"c":town.community})
        db.execute(text("insert into credential(id,community_id,cardholder_id,kind,not_after) select gen_random_uuid(),:c,id,'pass',now()+interval '1 day' from cardholder"),{"c":town.community})
        db.execute(text("insert into gate_pass(id,community_id,key_id,pass_group,not_before,not_after,gates,uses,party,issued_at,issued_by,credential_id) select id,community_id,:k,1,now()-interval '1 hour',not_after,'{1}',0,1,now(),'x',id from credential on conflict do nothing"),{"k":town.old_key,"c":town.community})
        for _ in range(3):
            t=time.perf_counter(); out=service.who_may(db,town.lane,town.now); print("who", len(out), time.perf_counter()-t)
        t=time.perf_counter(); service.explain_pass(db,town.resident_pass,town.lane,town.now); print("explain", time.perf_counter()-t)
        t=time.perf_counter(); p=snapshot.parts(db,town.community,town.now); print("parts", len(p.cardholders), time.perf_counter()-t)
