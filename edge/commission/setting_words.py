"""The settings of a site file in words, by the file's own key. One without words is shown by its key."""

from edge.console.words import Line

SETTINGS = {
    "central.url": Line(
        "中心的地址（空着：用登记时的那个；没登记过，谁也进不来）",
        "Central's address (empty: that of the enrolment; a node never enrolled lets nobody in)",
    ),
    "central.ca": Line("给中心签证书的机构：PEM 文件", "Who signed central's certificate: PEM file"),
    "console.port": Line("通道屏幕页的端口（空着：没有屏幕）", "Port of the lanes' screens (empty: none)"),
    "face.backend": Line("人脸算法", "Face backend"),
    "intercoms.listen": Line("对讲机从哪个地址进来", "Address at which intercoms are heard"),
    "intercoms.port": Line("对讲机端口", "Port for intercoms"),
    "lane.inputs": Line("接触点所在的另一块板：地址", "Another board with the contacts: address"),
    "lane.release_s": Line("放行一次，锁松开几秒", "Seconds that a grant releases the lock"),
    "lane.held_open_s": Line("门开着几秒后报警", "Seconds until an open door is an alarm"),
    "lane.ebikes": Line(
        "探测到电动车时：deny 报警且不放行（车道没有这一项），alarm 只报警，count 只计数",
        "E-bike seen: deny entry (never at a barrier), only alarm, or only count",
    ),
    "lane.ebike_stuck_s": Line(
        "电动车探测一直有信号几秒后当作卡住：报警并恢复放人",
        "Seconds until an unbroken e-bike signal is a stuck detector",
    ),
    "lane.fire_lane_s": Line("消防通道被占几秒后报警", "Seconds until an occupied fire lane is an alarm"),
    "lane.second_factor_s": Line("出示通行码后等人脸几秒", "Seconds that a pass waits for the face"),
    "lane.wrong_max": Line("错几次报警、锁住键盘", "Wrong attempts until alarm and keypad lock"),
    "lane.pin_lock_s": Line("键盘锁多少秒", "Seconds that the keypad is locked"),
    "lane.face_alone": Line("只有人脸时", "A face without a pass"),
    "lane.liveness": Line("怎样证明是活人", "How a face is shown to be alive"),
    "lane.camera_nir": Line("近红外摄像头：地址", "Near-infrared camera: address"),
}

OTHERS = {
    "node.name": Line("节点的名字，保安看到的", "The node's name, as the guard reads it"),
    "lane.code": Line(
        "通道编号：小写字母、数字和 -；换门就换编号，不要再用旧的",
        "The lane's code: a-z, 0-9 and -; never used again for another door",
    ),
    "lane.name": Line("通道的名字，例如“东门 进”", 'The lane\'s name, such as "East gate, in"'),
    "lane.direction": Line("方向：in 进，out 出", "Direction: in or out of the community"),
    "lane.fail": Line(
        "断电时的门：safe 打开，secure 锁着", "The door without power: safe is open, secure stays locked"
    ),
    "lane.escape_route": Line(
        '疏散通道：true 时必须 fail = "safe"', 'On an escape route: true demands fail = "safe"'
    ),
    "lane.relay": Line(
        "开锁的继电器板：地址，例如 modbus+serial:///dev/ttyUSB0?profile=waveshare-8",
        "Relay board of the lock: address, such as modbus+serial:///dev/ttyUSB0?profile=waveshare-8",
    ),
    "lane.camera": Line(
        "摄像头：地址，例如 camera+v4l2:///dev/video0 或 rtsp://用户:密码@主机/live",
        "Camera: address, such as camera+v4l2:///dev/video0 or rtsp://user:password@host/live",
    ),
    "lane.scanner": Line(
        "扫码器：地址，例如 scanner+serial:///dev/ttyUSB1",
        "Code scanner: address, such as scanner+serial:///dev/ttyUSB1",
    ),
    "lane.reader": Line(
        "读卡器或键盘：地址，例如 osdp+serial:///dev/ttyUSB2?address=1&key_file=/etc/menting/osdp.key&card=proved",
        "Reader of cards or keypad: address, such as "
        "osdp+serial:///dev/ttyUSB2?address=1&key_file=/etc/menting/osdp.key&card=proved",
    ),
    "lane.plate_camera": Line(
        "车道：自己识别车牌、推送过来的相机，地址，例如 "
        "lpr+vzenith://192.168.1.64?serial=A1B2C3&key_file=/etc/menting/lpr.key",
        "Vehicle lane: camera that reads plates and pushes them, address, such as "
        "lpr+vzenith://192.168.1.64?serial=A1B2C3&key_file=/etc/menting/lpr.key",
    ),
    "lane.board": Line(
        "车道：显示屏和语音，地址，例如 led+serial:///dev/ttyUSB4?profile=voice-01",
        "Vehicle lane: board that shows and speaks, address, such as led+serial:///dev/ttyUSB4?profile=voice-01",
    ),
    "lane.liveness_model.file": Line("自备活体模型的文件（ONNX）", "File of your own liveness network (ONNX)"),
    "lane.liveness_model.sha256": Line(
        "该文件的 SHA-256；不符就不用，并报警", "SHA-256 of that file; another one is not used, and alarmed"
    ),
    "lane.liveness_model.threshold": Line("多少分起算活人，0 到 1", "Score from which it is alive, between 0 and 1"),
    "lane.liveness_model.input_px": Line("模型看的方图边长，像素", "Side of the square that it takes, in pixels"),
    "lane.liveness_model.crop": Line("看多大一块，以人脸大小为 1", "How much of the picture it sees, in face sizes"),
    "lane.liveness_model.live_class": Line("第几个输出表示活人，从 0 数", "Which output means alive, from 0 on"),
    "lane.contacts.lock": Line("锁接在继电器板的第几个输出", "Output of the relay board with the lock"),
    "lane.contacts.door": Line(
        "门磁接在第几个输入，门关好时闭合；0 表示没有，下同",
        "Input of the door contact, closed while the door is shut; 0 where there is none, as below"
    ),
    "lane.contacts.exit": Line(
        "出门按钮接在第几个输入，按下时闭合", "Input of the exit button, which closes while pressed"
    ),
    "lane.contacts.fire": Line(
        "消防触点接在第几个输入，常闭（断开就是火警）；有火警时本节点各门全开",
        "Input of the fire contact, normally closed: open means fire; a fire opens all lanes of this node"
    ),
    "lane.contacts.tamper": Line("防拆触点接在第几个输入，常闭", "Input of the tamper contact, normally closed"),
    "lane.contacts.beam": Line(
        "门后光幕接在第几个输入，常闭；用来发现尾随",
        "Input of the beam behind the door, normally closed; sees who follows"
    ),
    "lane.contacts.passed": Line(
        "闸机“已通过”触点接在第几个输入；此时 door = 0", 'Input of a turnstile\'s "went through"; then door = 0'
    ),
    "lane.contacts.timeout": Line("闸机“没人通过”触点接在第几个输入", 'Input of a turnstile\'s "nobody went through"'),
    "lane.contacts.ebike": Line(
        "电动车探测触点接在第几个输入，看到车时闭合", "Input of the e-bike detector: it closes while it sees one"
    ),
    "lane.contacts.fire_lane": Line(
        "消防通道占用触点接在第几个输入，有车或物时闭合", "Input of the fire lane's detector: it closes while occupied"
    ),
    "lane.contacts.intercom": Line("对讲机开门触点接在第几个输入", "Input of the intercom's own relay"),
    "lane.barrier.open": Line("抬杆接在第几个输出", "Output that raises the arm"),
    "lane.barrier.close": Line(
        "准许落杆接在第几个输出；0：道闸自己落杆", "Output that permits it to come down; 0: it comes down by itself"
    ),
    "lane.barrier.arming": Line("触发地感（车来的一侧）接在第几个输入", "Input of the loop a car comes onto first"),
    "lane.barrier.safety": Line("防砸地感（杆下）接在第几个输入", "Input of the safety loop, below the arm"),
    "lane.barrier.closing": Line("过车地感（车走的一侧）接在第几个输入", "Input of the loop that a car leaves by"),
    "lane.barrier.beam": Line("杆下光幕接在第几个输入，常闭", "Input of the beam below the arm, normally closed"),
    "lane.barrier.up": Line("抬到位触点接在第几个输入", "Input of the contact that says the arm is up"),
    "lane.barrier.down": Line("落到位触点接在第几个输入", "Input of the contact that says the arm is down"),
    "lane.barrier.fire": Line("消防触点接在第几个输入，常闭", "Input of the fire contact, normally closed"),
    "lane.barrier.pulse_ms": Line("每次指令输出接通多少毫秒", "How many milliseconds an order lasts"),
    "lane.barrier.travel_s": Line("杆走完全程最多几秒，再久就报卡住", "Seconds the arm may take; longer is stuck"),
    "lane.barrier.passage_s": Line("放行后多少秒没车过就作废", "Seconds after which a grant that no car used is over"),
    "lane.barrier.look_s": Line("最多看几秒车牌，看不准就交给保安", "Seconds a plate is read before a guard is asked"),
    "lane.barrier.unlisted": Line("名单上没有的车来了怎么办", "What a car on no list gets on its way in"),
    "lane.barrier.inside": Line("车牌已在场内，又来了怎么办", "What a plate that is inside already gets"),
    "lane.barrier.from_zone": Line(
        "内道从车场哪个区过来：平面图上的编号；通到车场外面的不写",
        "Inner lane: the zone it leads from, by its code on the floor plan; none where it leads outside",
    ),
    "lane.barrier.to_zone": Line(
        "内道通到哪个区：平面图上的编号", "Inner lane: the zone it leads to, by its code on the floor plan"
    ),
    "lane.barrier.water": Line(
        "水位或水泵触点接在第几个输入；只报警", "Input of a float or pump contact; an alarm alone"
    ),
    "lane.barrier.call": Line(
        "呼叫按钮接在第几个输入，按下时闭合；在中控室响", "Input of the call button: it closes while pressed"
    ),
    "lane.barrier.ebike": Line(
        "电动车探测触点接在第几个输入，看到车时闭合；不动杆",
        "Input of an e-bike detector: it closes while it sees one, and moves no arm"
    ),
    "lane.barrier.fire_lane": Line(
        "消防通道占用触点接在第几个输入，有车或物时闭合；只报警",
        "Input of the fire lane's detector: it closes while occupied; an alarm alone"
    ),
    "lane.barrier.tidal": Line("潮汐车道：true 时可由中心换向", "Tidal lane: true lets central turn it round"),
    "lane.barrier.hours": Line(
        "名单和月租之外的车几点能进，例如 [\"1-5 07:00-20:00\"]；8 为节假日，空着随时",
        "When cars on no list and without permit get in; 8 is a holiday, empty: always"
    ),
    "lane.barrier.classes": Line(
        "名单和月租之外哪些车能进：small、large、new_energy，按车牌和颜色认；空着都能",
        "Which cars on no list and without permit get in, by plate and colour; empty: all"
    ),
    "lane.barrier.turns": Line(
        "潮汐车道按时间表换向：星期、时刻、方向，例如 [\"1-5 06:30 in\", \"1-5 16:30 out\"]；8 为节假日，空了才换",
        "When a tidal lane turns by itself, once empty: days, time, way; 8 is a holiday"
    ),
    "lane.barrier.board_language": Line("显示屏用哪种语言", "Language of the board"),
    "lane.lift.restrict": Line(
        "接通时电梯只听楼层触点的那个输出；断开时照原样运行",
        "Output that makes the lift obey the floor contacts; off, it runs as it was built",
    ),
    "lane.lift.common": Line('人人可到的楼层，例如 ["1"]', 'Floors of everybody who is let in, such as ["1"]'),
    "lane.lift.floors": Line(
        '每个按钮放行它的输出，例如 { "1" = 1, "2" = 2 }；按钮写法要和中心一致',
        'Each button and the output that frees it, such as { "1" = 1, "2" = 2 }; buttons as central has them',
    ),
    "lane.intercom.address": Line("对讲机的 IP 地址；别处来的不理",
        "The intercom's IP address; nobody else is answered"),
    "lane.intercom.user": Line("对讲机登录用的名字", "The name by which it signs in"),
    "lane.intercom.secret_file": Line(
        "存对讲密钥的文件：16 到 80 个字符，权限 600", "File with its secret: 16 to 80 signs, mode 600"
    ),
    "lane.intercom.calls": Line(
        "对讲机会告知通话的开始和结束：没有通话就不开门",
        "It tells when calls begin and end; without one it opens nothing",
    ),
    "interlock.lanes": Line(
        "互锁的通道：除火警外不同时放行", "Lanes of which never two are released at once, except on fire"
    ),
}  # fmt: skip
"""The other keys of the file: the page has a place of its own for them, or leaves them to the file."""

MEANINGS = {
    "face.backend": Line(
        "sface：一比一、一对多都行。dlib：只能配通行码一比一，装时用 --face dlib",
        "sface: with and without a pass. dlib: one to one with a pass; set up with --face dlib",
    ),
    "lane.face_alone": Line(
        "off：不看。refer：交给保安看。open：证明是活人就开门",
        "off: not looked at. refer: told to the guard. open: a living face opens",
    ),
    "lane.liveness": Line(
        "none：不证明。challenge：按提示转头。nir：近红外摄像头。model：自备模型；后两种连刷码时的人脸也要查",
        "none: not shown. challenge: the head turns as asked. nir: near-infrared camera. model: a network of yours; "
        "these two are asked of the face beside a pass as well",
    ),
}
"""What the closed words of a key mean, where the words alone do not say it."""
