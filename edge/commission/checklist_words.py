"""What the checklist says of its points, Chinese first."""

from edge.commission.checklist import Alarm, Item, Open, Use
from edge.console.words import Line

USES = {
    Use.LOCK: Line("{lane} 的锁", "lock of {lane}"),
    Use.RESTRICT: Line("限制楼层按钮", "restricts the buttons"),
    Use.FLOOR: Line("放行按钮 {floor}", "frees button {floor}"),
}
"""What an output is for, by the draft."""
ITEMS = {
    Item.FAIL_STATE: Line("断电时门的状态与文件一致", "Without power the door does what the file says"),
    Item.EGRESS: Line("断电锁闭的门，里面用手能打开", "Fail-secure door: opens from inside by hand, without power"),
    Item.FIRE_POWER: Line(
        "消防继电器直接切断磁力锁电源，不经过软件", "The fire relay itself cuts the maglock's power, without software"
    ),
    Item.LIFT: Line(
        "分别断开继电器板电源、停止节点、触发消防：每次电梯都恢复正常，所有楼层按钮可用",
        "Board without power, node stopped, fire triggered: each time every floor's button works as before",
    ),
    Item.FLOORS: Line(
        "在轿厢里逐层按：放行后，该到的楼层有效，其他楼层无效；不放行，受限的楼层都无效",
        "In the car, floor by floor: after a grant its own buttons work and no others; without one no restricted "
        "button does",
    ),
    Item.FIRE: Line(
        "触发消防：每道门都打开并保持，撤除后才能恢复；没有消防输入的，写明为什么",
        "Fire triggered: every door opens and stays open until it is over; where no input is wired, why not",
    ),
    Item.EXIT: Line(
        "从里面按出门按钮，门就能打开，断网时也一样", "The exit button releases the door, without network too"
    ),
    Item.DOOR: Line(
        "门磁：门开、门关都看得到；不刷码强行打开会报警",
        "Door contact: open and shut are both seen; forced without a grant it raises its alarm",
    ),
    Item.BEAM: Line("门后光束：有人跟进会报警", "Beam behind the door: who follows without a grant raises an alarm"),
    Item.TURNSTILE: Line(
        "闸机：走过去算通过，没人走算无人通过",
        "Turnstile: walked through counts as passed, left alone as nobody passed",
    ),
    Item.INTERLOCK: Line(
        "互锁：打开另一道门，这道门不放行；关好后才放行；反过来也试；消防时两道都打开",
        "Interlock: with the other door open this one is refused, and released once that is shut; the other way round "
        "too; for fire both open",
    ),
    Item.INTERCOM: Line(
        "对讲机按开门，门就打开，记录里写明是它", "The intercom opens the door, and the record names it"
    ),
    Item.EBIKE: Line(
        "推一辆电动车过去：探测到，并按设置处理", "An e-bike pushed past: it is seen, and dealt with as set"
    ),
    Item.FIRE_LANE: Line("消防通道上放东西：到时报警", "Something left on the fire lane: its alarm comes in time"),
    Item.LOOPS: Line(
        "开一辆车整个过去：三个地感依次有车、依次空出",
        "A car driven through: the three loops see it and let it go in turn",
    ),
    Item.ENDS: Line(
        "杆抬到位、落到位都有报告，时间正常", "The arm reports both ends, and takes no longer than it should"
    ),
    Item.STAYS_UP: Line(
        "杆下有车时按住落杆：不落；落到一半有车：马上抬起",
        "Lower held with something under the arm: it stays up; something comes while it comes down: it rises at once",
    ),
    Item.BY_HAND: Line(
        "断电时，杆能用手抬起；抬杆说明贴在道闸上",
        "Without power the arm can be raised by hand; the card that says how is on the barrier",
    ),
    Item.PLATES: Line(
        "相机推送的车牌与车相同，时间与本机相同", "The camera pushes the plate of the car, with the right time"
    ),
    Item.DISPLAY: Line("坐在车里看得清、听得到显示屏", "The driver's board is read and heard from a car"),
    Item.TAMPER: Line("防拆：下面每一样都试过，都有报警", "Tampering: each of these was tried and raises its alarm"),
    Item.SIGN: Line("告知牌已安装，看得清", "The notice is up and can be read"),
    Item.PRIVATE_VIEW: Line("画面不拍到住户室内和私人空间", "The picture shows no home and no private space"),
    Item.PASSWORDS: Line("所有设备的出厂密码都已更改", "The makers' passwords of all devices are changed"),
    Item.DEVICES: Line("每台设备都测试过，并且正常", "Every device was tested and works"),
    Item.WRITTEN: Line("站点文件已写入，与草稿一致", "The site file is written, and is the draft"),
    Item.ENROLLED: Line(
        "节点已在中心登记：没有登记，谁也进不来",
        "The node is enrolled at central: without that nobody is let in",
    ),
}
ALARMS = {
    Alarm.BOX: Line("打开机箱，剪断防拆线", "Open the box; cut its tamper wire"),
    Alarm.READER: Line("拆下读头", "Take the reader off"),
    Alarm.CAMERA: Line("遮住镜头", "Cover the camera"),
    Alarm.LINE: Line("断开继电器板的线", "Unplug the relay board"),
}
FAIL = {
    "safe": Line("文件：断电开门", "File: opens without power"),
    "secure": Line("文件：断电锁闭", "File: stays locked without power"),
    "": Line("文件：未写明", "File: does not say"),
}
OPEN = {
    Open.NOT_TICKED: Line("还没确认", "not confirmed yet"),
    Open.CHANGED: Line(
        "站点文件在确认之后改过：请再检查一次",
        "the file was changed since this was confirmed: look again, and confirm anew",
    ),
    Open.NO_FIRE_INPUT: Line(
        "疏散通道，但本节点没有任何消防输入，火警时门不会自动打开；接好后填写，或确认时写明为什么没有装",
        "an escape route, and no fire input is wired at this node: nothing opens it on fire; wire one and fill it in, "
        "or confirm with why none is fitted",
    ),
    Open.NO_PHOTO: Line("缺照片", "photo missing"),
    Open.DEFAULT_PASSWORD: Line(
        "有设备还在用出厂密码，请先更改", "a device still has its maker's password; change it first"
    ),
    Open.UNTRIED: Line("有设备还没测试通过", "a device has not been tested yet"),
    Open.UNSWITCHED: Line(
        "有锁或电梯的输出还没吸合过：到“测试”里逐个吸合",
        'the output of a lock or of a lift was never switched on: do so on "Test"',
    ),
    Open.NO_DEVICE: Line("还没有设备", "there is no device yet"),
    Open.NO_TAMPER_INPUT: Line(
        "没有接防拆输入，打开机箱不会报警；接好后填写，或确认时写明为什么没有装",
        "no tamper input is wired, so an opened box raises no alarm; wire it and fill it in, or confirm with why none "
        "is fitted",
    ),
    Open.NOT_WRITTEN: Line("草稿还没有写入站点文件", "the draft is not in the site file yet"),
    Open.SIMULATED: Line(
        "现在是模拟设备，没有节点可登记，清单不会显示全部完成",
        "these are simulated devices: there is no node to enrol, and the list is never all done",
    ),
    Open.NO_CENTRAL: Line(
        "站点文件没有中心的地址，节点也没有登记",
        "the site file has no address of central, and the node is not enrolled",
    ),
    Open.NOT_ENROLLED: Line("还没有登记", "not enrolled yet"),
    Open.DAMAGED: Line(
        "节点的身份（node.json）读不了，节点起不来。请从备份放回，或核对它的权限",
        "who the node is (node.json) cannot be read, and it does not start. Put the file back from a backup, or look "
        "after its permissions",
    ),
    Open.NEW_LANES: Line(
        "有通道是登记以后加的，中心不认识，节点起不来：要重新登记",
        "central does not know every lane, because one was added after the enrolment, and the node does not start: "
        "enrol it anew",
    ),
}
