"""What the forms of the site file's own tables say, Chinese first: interlocks, lifts."""

from edge.console.words import Line

FORMS = {
    "interlock": Line("互锁", "Interlock"),
    "interlock_help": Line(
        "两道门不同时放行：一道开着，另一道的出门按钮也打不开；消防时两道都打开。",
        "Two doors that are never both released: while one is open, the other is refused, its exit button too; for "
        "fire both open.",
    ),
    "interlock_few": Line("有两条通道以后才能互锁。", "It takes two lanes."),
    "interlock_try": Line(
        "启动节点后两道门都要试：清单里每道门一项。",
        "Both doors are tried once the node runs: the checklist has a point for each.",
    ),
    "tie_one": Line("一道门", "One door"),
    "tie_other": Line("另一道门", "The other door"),
    "tie": Line("把这两道门互锁", "Tie these two doors"),
    "untie": Line("解除互锁 {names}", "Untie {names}"),
    "tied_with": Line("互锁，不与它同时放行：", "Tied, and never released together with:"),
    "tied_already": Line("这两道门已经互锁。", "These two are tied already."),
    "tie_unread": Line("读不懂的一项", "one that cannot be read"),
    "intercom": Line("对讲机", "Intercom"),
    "lift": Line("电梯", "Lift"),
    "lift_make": Line("这是电梯：填写楼层", "This is a lift: its floors"),
    "lift_help": Line(
        "电梯没有我们的门：存入后，门磁、出门按钮、光束和闸机触点都改为没有。“断电时”要选开门。",
        "A lift has no door of ours: once saved, door contact, exit button, beam and turnstile are set to none. "
        "Without power it must open.",
    ),
    "lift_board_first": Line(
        "先给这条通道选好继电器板：楼层接在它的输出上。",
        "Give this lane its relay board first: the floors hang on its outputs.",
    ),
    "lift_restrict": Line("限制按钮的输出", "Output that restricts the buttons"),
    "lift_restrict_help": Line(
        "接通时，只有放行的楼层按得动；断开时，电梯照原样运行。",
        "On, only floors that are freed can be pressed; off, the lift runs as it was built.",
    ),
    "lift_save": Line("保存", "Save"),
    "lift_begin": Line("作为电梯", "Make it a lift"),
    "lift_free": Line("空着的输出：", "Free outputs:"),
    "lift_none_free": Line("没有空着的输出了。", "No output is free."),
    "lift_floors": Line("楼层", "Floors"),
    "lift_no_floor": Line("还没有楼层，请加一层。", "There is no floor yet: add one."),
    "floor_button": Line("按钮上的写法（和中心一致）", "The button, as central has it"),
    "floor_output": Line("放行它的输出", "Output that frees it"),
    "floor_common": Line("进得来的人都可到", "For everybody who is let in"),
    "floor_add": Line("加上这一层", "Add the floor"),
    "floor_add_help": Line("写已有的按钮，就改它的输出。", "The name of one that is there changes its output."),
    "floor_drop": Line("去掉 {floor} 层", "Take floor {floor} away"),
    "floor_at": Line("{floor} 层 → 输出 {output}", "Floor {floor} → output {output}"),
    "lift_test": Line("逐层测试（吸合 0.5 秒）", "Test the floors (on for 0.5 s each)"),
    "lift_test_help": Line(
        "到“测试”页，每个输出写着它放行的楼层。",
        'Leads to "Test", where each output bears the name of the floor that it frees.',
    ),
    "lift_end": Line("不再作为电梯", "It is no lift"),
    "push_to": Line("在相机的推送设置里填：", "Type this into the camera's push settings:"),
    "push_secret_file": Line("“…”处是密钥文件里的内容。", 'Where "…" stands, what the file with its secret holds.'),
    "once": Line("密钥只显示这一次，请现在填进设备。", "The secret is shown this once: type it into the device now."),
    "show_text": Line("显示测试文字", "Show a test text"),
    "text_told": Line("应显示并读出：{text}", "It should show and say: {text}"),
    "text_seen": Line("看到或听到了", "I saw or heard it"),
    "text_unseen": Line("没有", "I did not"),
    "keep_nir": Line("作为近红外摄像头", "As its near-infrared camera"),
    "keep_nir_help": Line(
        "装在第一台旁边，用来证明是活人；“怎样证明是活人”会随之选 nir。",
        'Beside the first one, to show that a face is alive: "How a face is shown to be alive" becomes nir with it.',
    ),
    "take_off": Line("取下{name}", "Take off: {name}"),
    "output_seen": Line("测试时输出有动作：", "Outputs were seen to switch on test:"),
}
