"""What the commissioning page says, Chinese first. Schemes and parameters that are missing show as they are."""

from devices.catalogue import Kind
from edge.commission.checklist_words import ALARMS as ALARMS
from edge.commission.checklist_words import FAIL as FAIL
from edge.commission.checklist_words import ITEMS as ITEMS
from edge.commission.checklist_words import OPEN as OPEN
from edge.commission.checklist_words import USES as USES
from edge.commission.form_words import FORMS
from edge.commission.found import Plug
from edge.console.words import Line
from edge.verify.face.photo import BadPhoto

KINDS = {
    Kind.RELAY: Line("继电器和输入板", "Relay and input board"),
    Kind.SCANNER: Line("扫码器", "Code scanner"),
    Kind.READER: Line("读卡器或键盘", "Card reader or keypad"),
    Kind.CAMERA: Line("摄像头", "Camera"),
    Kind.PLATES: Line("车牌相机", "Plate camera"),
    Kind.BOARD: Line("显示屏和语音", "Driver's board"),
}
PLUGS = {
    Plug.SERIAL: Line("串口", "Serial port"),
    Plug.VIDEO: Line("USB 摄像头", "USB camera"),
    Plug.KEYS: Line("键盘式读头", "Keyboard reader"),
    Plug.NETWORK: Line("网络摄像头", "Network camera"),
}
SCHEMES = {
    "modbus+serial": Line("Modbus RTU 继电器板（串口）", "Modbus RTU board (serial)"),
    "modbus+tcp": Line("Modbus TCP 继电器板（网络）", "Modbus TCP board (network)"),
    "panel+serial": Line("现有门禁主机（经韦根转换器）", "Existing access panel (by a Wiegand converter)"),
    "panel+osdp": Line("现有门禁主机（OSDP，RS485）", "Existing access panel (OSDP, RS485)"),
    "lcus+serial": Line("LCUS USB 继电器板", "LCUS USB relay board"),
    "gpio": Line("本机 GPIO 引脚", "GPIO pins of this machine"),
    "scanner+serial": Line("串口扫码器", "Serial code scanner"),
    "scanner+hid": Line("键盘式扫码器", "Keyboard code scanner"),
    "reader+hid": Line("键盘式读卡器", "Keyboard card reader"),
    "reader+serial": Line("串口读卡器", "Serial card reader"),
    "osdp+serial": Line("OSDP 读卡器（RS485）", "OSDP reader (RS485)"),
    "wiegand+serial": Line("韦根转换器（串口）", "Wiegand converter (serial)"),
    "camera+v4l2": Line("本机摄像头", "Camera of this machine"),
    "camera+folder": Line("图片文件夹", "Folder of pictures"),
    "camera+file": Line("视频文件", "Video file"),
    "rtsp": Line("网络摄像头（RTSP）", "Network camera (RTSP)"),
    "rtsps": Line("网络摄像头（RTSP 加密）", "Network camera (RTSP, encrypted)"),
    "lpr+vzenith": Line("车牌相机（臻识协议，推送）", "Plate camera (Vzenith protocol, pushes)"),
    "lpr+huaxia": Line("车牌相机（华夏协议，推送）", "Plate camera (Huaxia protocol, pushes)"),
    "lpr+hikvision": Line("车牌相机（海康协议，推送）", "Plate camera (Hikvision protocol, pushes)"),
    "led+serial": Line("车道显示屏和语音（串口）", "Lane board that shows and speaks (serial)"),
}
PARAMETERS = {
    "card_file": Line("卡号文件（权限 600，内容为 区号,卡号）", "File with the card (mode 600: FACILITY,NUMBER)"),
    "key_file": Line("密钥文件（权限 600，32 个十六进制数字）", "File with the key (mode 600, 32 hexadecimal digits)"),
    "address": Line("设备地址（0 到 126）", "Address on the line (0 to 126)"),
    "bits": Line("位数", "Bits"),
    "channels": Line("几路输出", "Outputs"),
    "outputs": Line("输出的 GPIO 编号，逗号隔开", "GPIO numbers of the outputs, with commas"),
    "inputs": Line("输入的 GPIO 编号，逗号隔开", "GPIO numbers of the inputs, with commas"),
    "active_low": Line("低电平吸合（0 否，1 是）", "On at low level (0 no, 1 yes)"),
    "pull": Line("输入的上拉或下拉", "Pull of the inputs"),
    "line": Line("一行的写法", "What a line holds"),
    "order": Line("位的顺序", "Order of the bits"),
    "card": Line("卡的强度（uid 弱，proved 验证过）", "Strength of its cards (uid weak, proved checked)"),
    "silent_ms": Line("静默多久算失联（毫秒）", "Silence that means lost (ms)"),
    "baud": Line("波特率", "Speed (baud)"),
    "unit": Line("设备地址", "Number on the line (unit)"),
    "profile": Line("型号", "Profile"),
    "echo": Line("转换器回显（0 否，1 是）", "Adapter echoes (0 no, 1 yes)"),
    "timeout_ms": Line("等待应答（毫秒）", "Waits for an answer (ms)"),
    "tries": Line("尝试次数", "Tries"),
    "end": Line("结束符", "End of a code"),
    "stx": Line("以 STX 开头（0 否，1 是）", "Begins with STX (0 no, 1 yes)"),
    "idle_ms": Line("静默多久算结束（毫秒）", "Silence that ends a code (ms)"),
    "repeat_ms": Line("同一码忽略多久（毫秒）", "Same code ignored for (ms)"),
    "width": Line("宽（像素）", "Width (px)"),
    "height": Line("高（像素）", "Height (px)"),
    "fps": Line("每秒帧数", "Frames a second"),
    "mode": Line("方式", "Mode"),
    "loop": Line("循环（0 否，1 是）", "Loop (0 no, 1 yes)"),
    "ca": Line("核对证书：文件（空着不核对）", "Check the certificate against this file (empty: unchecked)"),
    "name": Line("证书上的名字（与地址不同时）", "Name in the certificate, if not the address"),
    "serial": Line("相机的序列号（在标签上）", "The camera's serial number (on its label)"),
    "listen": Line("本机在哪个端口等它推送", "Port at which this machine waits for it"),
    "gate": Line("谁抬杆（relay 继电器板，camera 相机）", "Who raises the arm (relay: the board, camera: the camera)"),
}
PARAMETERS_OF = {
    (Kind.PLATES, "key_file"): Line(
        "推送路径的密钥文件（空着：在这里生成）", "File with the secret of its path (empty: one is made here)"
    ),
}
"""Where a field of one kind of device is another thing."""


def parameter(kind: Kind, name: str) -> Line | str:
    """A field as the page labels it."""
    return PARAMETERS_OF.get((kind, name)) or PARAMETERS.get(name) or name


CONTACTS = {
    "lock": Line("锁：输出", "Lock: output"),
    "door": Line("门磁：输入（门关好时闭合）", "Door contact: input (closed while the door is shut)"),
    "exit": Line("出门按钮：输入（按下时闭合）", "Exit button: input (closes while pressed)"),
    "fire": Line("消防：输入（常闭，断开就是火警）", "Fire: input (normally closed: open means fire)"),
    "tamper": Line("防拆：输入（常闭）", "Tamper: input (normally closed)"),
    "beam": Line("门后光束：输入（常闭）", "Beam behind the door: input (normally closed)"),
    "passed": Line("闸机已通过：输入", "Turnstile, passed: input"),
    "timeout": Line("闸机无人通过：输入", "Turnstile, nobody passed: input"),
    "ebike": Line("电动车探测：输入", "E-bike detector: input"),
    "fire_lane": Line("消防通道占用：输入", "Fire lane occupied: input"),
    "intercom": Line("对讲机请求开门：输入", "Intercom asks for the door: input"),
}
NOT_KEPT = {
    "full": Line(
        "没有存下：磁盘满了。先在节点上腾出空间（df -h 看哪里满），再做一次。",
        "It was not kept: the disk is full. Make room on the node (df -h shows where), then do it again.",
    ),
    "read_only": Line(
        "没有存下：本账户不能写节点的文件夹。看磁盘是否变成只读（mount）、文件夹归谁（ls -ld），改好再做一次。",
        "It was not kept: this account may not write the node's folder. See whether the disk has become read-only "
        "(mount) and whose the folder is (ls -ld), then do it again.",
    ),
    "broken": Line(
        "没有存下：{why}。看节点的磁盘（dmesg），改好再做一次。",
        "It was not kept: {why}. Look after the node's disk (dmesg), then do it again.",
    ),
}
"""Why the disk did not take something, and what to do; nothing was changed."""
PHOTO_REFUSED = {
    BadPhoto.FILE_TOO_LARGE: Line(
        "照片超过 15 MB，请缩小后再传。", "The photo is larger than 15 MB; send a smaller one."
    ),
    BadPhoto.HEIF: Line("这是 HEIF 照片，请在手机上改为 JPEG。", "This is a HEIF photo; set the phone to JPEG."),
    BadPhoto.NOT_A_PICTURE: Line("这不是照片，请选 JPEG 或 PNG。", "This is no photo; choose a JPEG or PNG."),
    BadPhoto.NOT_JPEG: Line("这张不是 JPEG，请换一张 JPEG 照片。", "This is no JPEG; choose one."),
    BadPhoto.TOO_MANY_SCANS: Line(
        "这个 JPEG 文件分层过多，请重新拍一张。", "This JPEG is built of too many layers; take a new photo."
    ),
    BadPhoto.TOO_MANY_PIXELS: Line(
        "照片像素太多，请缩小后再传。", "The photo has too many pixels; send a smaller one."
    ),
}
PAGE = {
    "title": Line("现场调试", "Commissioning"),
    "simulated": Line("模拟设备，没有连接真实硬件", "Simulated devices: no hardware is attached"),
    "devices": Line("设备", "Devices"),
    "test": Line("测试", "Test"),
    "barrier": Line("道闸", "Barrier"),
    "site": Line("站点文件", "Site file"),
    "checklist": Line("验收清单", "Checklist"),
    "language": Line("English", "中文"),
    "enter_title": Line("输入一次性代码", "Enter the one-time code"),
    "enter_help": Line(
        "代码显示在启动本页的终端里，只能用一次。",
        "The code stands on the terminal that started this page. It works once.",
    ),
    "code": Line("代码", "Code"),
    "enter": Line("进入", "Enter"),
    "code_wrong": Line(
        "代码不对，请看终端里最新的代码。", "That is not the code; look at the newest one on the terminal."
    ),
    "code_wait": Line("错了太多次，请等一分钟。", "Too many tries. Wait one minute."),
    "gate_off": Line(
        "调试期间节点是停的：出门按钮和消防输入没有软件应答，请有人守在门边。",
        "While this page runs the node is stopped: no software answers exit button and fire. "
        "Keep somebody at the door.",
    ),
    "found_title": Line("已连接的设备", "What is plugged in"),
    "found_none": Line(
        "没有发现串口、摄像头或读头。插上后点“刷新”。",
        'No serial port, camera or reader is here. Plug it in and choose "Look again".',
    ),
    "again": Line("刷新", "Look again"),
    "network_look": Line("搜索网络摄像头", "Search for network cameras"),
    "network_none": Line("没有网络摄像头应答。", "No network camera answered."),
    "network_some": Line("有 {n} 台网络摄像头应答，列在下面。", "{n} answered; listed below."),
    "network_absent": Line(
        "这个版本不能搜索网络摄像头，请手工填写地址。", "This version cannot search; type the camera's address."
    ),
    "streams_title": Line("摄像头的码流", "The camera's streams"),
    "streams_ask": Line("问摄像头有哪些码流", "Ask the camera for its streams"),
    "streams_help": Line(
        "用摄像头的 ONVIF 用户名和密码。密码只发给这台摄像头，选好后写进站点文件。",
        "With the camera's ONVIF user and password. The password goes to this camera only, and with your choice into "
        "the site file.",
    ),
    "streams_none": Line("这台摄像头没有配置码流。", "This camera has no stream set up."),
    "user": Line("用户名", "User"),
    "password": Line("密码", "Password"),
    "unstable": Line("编号会变，尽量选 by-id 的名称", "this number may change; prefer a name by id"),
    "choose": Line("选择", "Choose"),
    "by_hand": Line("手工填写地址", "Type an address"),
    "by_hand_help": Line("网络摄像头、网络继电器板等", "Network cameras, boards on the network and others"),
    "what_is_it": Line("这是什么设备？", "What is it?"),
    "where": Line("位置", "Where"),
    "where_host": Line("地址（用户名:密码@主机/路径）", "Address (user:password@host/path)"),
    "allowed": Line("可填", "allowed"),
    "only": Line("这里只能填", "Only this is allowed here:"),
    "start_test": Line("测试", "Test"),
    "search": Line("寻找设备", "Search"),
    "search_help": Line(
        "依次试常见速率和地址，最多 12 秒，只读不动。", "Tries usual speeds and numbers for 12 s at most; only reads."
    ),
    "stop": Line("停止测试", "Stop the test"),
    "searching": Line("正在寻找", "Searching"),
    "opening": Line("正在打开", "Opening"),
    "running": Line("正在测试", "Testing"),
    "over": Line("测试已结束", "The test is over"),
    "no_trial": Line("现在没有在测试的设备。", "No device is being tested."),
    "outputs": Line("输出", "Outputs"),
    "inputs": Line("输入（闭合亮灯，随触点变化）", "Inputs (lit = closed; they follow the contacts)"),
    "on": Line("吸合", "on"),
    "off": Line("断开", "off"),
    "closed": Line("闭合", "closed"),
    "open": Line("断开", "open"),
    "pulse": Line("吸合 0.5 秒", "Switch on for 0.5 s"),
    "pulse_warn": Line(
        "锁或道闸可能会动。请确认门和道闸旁没有人和车。",
        "A lock or barrier may move. Make sure that nobody and no car is there.",
    ),
    "pulse_sure": Line("已确认，吸合", "I have looked: switch on"),
    "pulse_done": Line("输出 {n} 已吸合（已回读确认）", "Output {n} switched on (read back)"),
    "pulse_told": Line(
        "输出 {n} 的指令已发出，不能回读：请看门或继电器动了没有",
        "Output {n} was told, and cannot be read back: look whether the door or the relay moved",
    ),
    "it_moved": Line("动了", "It moved"),
    "not_moved": Line("没有动", "It did not move"),
    "tested_seen": Line("已测试（有人看到或听到它动作）", "Tested (somebody saw or heard it move)"),
    "unread": Line("不能回读", "cannot be read back"),
    "not_switched": Line(
        "没有吸合：按上面说的先改好，才知道动的是哪块板。",
        "Not switched on: mend what is said above first, so that it is known which board would move.",
    ),
    "another_test": Line(
        "没有执行：别人（或另一个窗口）已经开始了另一个测试。",
        "Not done: somebody, or another window, has begun another test.",
    ),
    "overtaken": Line(
        "这个测试已经结束：别人（或另一个窗口）开始了另一个。",
        "This test is over: somebody, or another window, has begun another one.",
    ),
    "other_test": Line("去看现在的测试", "To the test that runs now"),
    "back": Line("返回", "Back"),
    "cancel": Line("取消", "Cancel"),
    "untimed": Line(
        "这块板不会自己断开：由程序计时。", "This board does not end a pulse by itself: the program times it."
    ),
    "seen_title": Line("读到的内容（不保存）", "What was read (not kept)"),
    "reader_whole": Line("读卡器外壳完好", "the reader's case is shut"),
    "reader_opened": Line("读卡器被打开或拆下", "the reader was opened or torn off"),
    "show_it": Line("请出示码或卡", "Show a code or a card"),
    "picture_age": Line("画面", "Picture"),
    "seconds_old": Line("秒前", "s old"),
    "no_picture": Line("等待画面", "Waiting for a picture"),
    "again_test": Line("再测一次", "Test again"),
    "change": Line("修改“{field}”", 'Change "{field}"'),
    "set_to": Line("把“{field}”设为 {value}", 'Set "{field}" to {value}'),
    "retype": Line(
        "用户名和密码不显示在页面上，请重新填写。", "User and password are shown on no page: type them again."
    ),
    "not_usable": Line("测试正常后，才能用于通道。", "It can be used for a lane once the test says that it works."),
    "unclicked": Line(
        "还没有吸合过：清单要等它吸合一次、看到动作才算测试过。",
        "No output was switched on yet: the checklist waits until one was, and was seen to move.",
    ),
    "unfollowed": Line(
        "还没有一个输入变化过：动一动接在上面的触点，清单才算测试过。",
        "No input has changed yet: move a contact that is wired to it; the checklist waits for that.",
    ),
    "better": Line("找到了，它在这样应答：", "Found. It answers like this:"),
    "use_it": Line("用这个地址测试", "Test with this address"),
    "keep_title": Line("写入站点文件", "Into the site file"),
    "keep": Line("用于这条通道", "Use it for this lane"),
    "keep_inputs": Line("只用它的输入（接触点）", "Use its inputs alone (the contacts)"),
    "keep_inputs_help": Line(
        "继电器板没有输入、接触点另接一块板时用。",
        "Where the relay board has no inputs and the contacts have a board of their own.",
    ),
    "keep_refused": Line(
        "没有写入：此刻它没有正常应答{why}。等上面显示正常后再点一次。",
        "Not taken: it did not answer well at that moment{why}. Press again once it says above that it works.",
    ),
    "keep_first": Line("请先在“站点文件”里建一条通道。", 'Make a lane first, on "Site file".'),
    "kept": Line("已放入草稿，写入后生效。", "In the draft; it counts once the file is written."),
    "kept_untried": Line(
        "但还没有吸合过，清单上仍是“未测试”。",
        "But no output was switched on, and the checklist still says not tested.",
    ),
    "next_device": Line("下一台设备", "Next device"),
    "record": Line("保存通信记录", "Save the recording"),
    "record_help": Line("已去掉卡号和码。", "Card numbers and codes are replaced."),
    "recorded": Line("已保存：", "Saved: "),
    "record_none": Line("这种设备没有可保存的字节。", "This device has no bytes to save."),
    "node_name": Line("节点名称", "Name of the node"),
    "save": Line("保存", "Save"),
    "save_name": Line("保存名称", "Save the name"),
    "save_node": Line("保存节点的设置", "Save the node's settings"),
    "save_lane": Line("保存通道 {name}", "Save lane {name}"),
    "make_lane": Line("建立通道", "Make the lane"),
    "wiring": Line("接线", "Wiring"),
    "wiring_barrier": Line("这是车道，接线在“道闸”页", 'A vehicle lane: its wiring is on "Barrier"'),
    "wiring_later": Line("接线（放入继电器板后再填）", "Wiring (once the lane has its relay board)"),
    "no_device_yet": Line("还没有", "none yet"),
    "to_write": Line("去写入", "Go and write it"),
    "lane": Line("通道", "Lane"),
    "new_lane": Line("新通道", "New lane"),
    "lane_code": Line("代号（a-z 0-9 -）", "Code (a-z 0-9 -)"),
    "lane_code_help": Line(
        "中心按代号认通道：要和管理员在中心“社区设置”里看到的一样。",
        'Central knows the lane by it: it must be as the manager reads it on central\'s page "Set-up".',
    ),
    "code_taken": Line(
        "代号 {code} 已用于另一条通道，请换一个。", "Another lane has the code {code}; choose a new one."
    ),
    "alarms_need_node": Line(
        "报警要节点在运行：试完设备后结束本页、启动节点，按这个顺序逐样试，再停下节点、回到本页确认。",
        "Alarms come only while the node runs: when the devices are tried, end this page, start the node and try them "
        "in this order; then stop it, come back and confirm.",
    ),
    "not_fitted": Line("没有装，因为…", "Not fitted, because …"),
    "lane_name": Line("名称", "Name"),
    "direction": Line("方向", "Direction"),
    "in": Line("进", "in"),
    "out": Line("出", "out"),
    "fail": Line("断电时", "Without power"),
    "safe": Line("开门（safe）", "opens (safe)"),
    "secure": Line("锁闭（secure）", "stays locked (secure)"),
    "escape_route": Line("在疏散通道上", "On an escape route"),
    "no_fire": Line(
        "在疏散通道上，而本节点没有接消防输入：火警时门不会自动打开。请在“接线”填写消防输入。通道：",
        "On an escape route, and no fire input is wired at this node: nothing opens it on fire. Fill it in under "
        '"Wiring". Lane:',
    ),
    "more_settings": Line("其他设置", "More settings"),
    "node_settings": Line("节点的设置", "Settings of this node"),
    "usual": Line("默认：", "usual: "),
    "zero_none": Line("0 = 没有", "0 = none"),
    "remove": Line("从草稿移除", "Remove from the draft"),
    "draft": Line("草稿", "Draft"),
    "draft_hidden": Line(
        "“…”和“***”处是不显示的参数、用户名和密码；写入的文件里是完整的。",
        'Where "…" or "***" stands, parameters or passwords are not shown; the written file holds them.',
    ),
    "in_order": Line("可以写入。", "In order: it can be written."),
    "not_yet": Line("还不能写入：", "Not yet:"),
    "write": Line("写入站点文件", "Write the site file"),
    "written": Line(
        "已写入。结束本页、启动节点后生效。", "Written. It counts once this page is ended and the node started."
    ),
    "written_before": Line("原文件（含注释）保留为", "The file from before, with its comments, stays as"),
    "file_changed": Line(
        "站点文件在本页之外被改过，草稿里没有这些改动。请选一样：",
        "The site file was changed beside this page, and the draft does not hold that change. Choose one:",
    ),
    "file_faults": Line("文件现在还不能用：", "As it stands, the file cannot be used:"),
    "line": Line("第 {n} 行", "Line {n}"),
    "file_unreadable": Line(
        "文件现在读不懂，请先在文件里改好：", "As it stands, the file cannot be read; mend it in the file first:"
    ),
    "take_file": Line("采用现在的文件", "Take the file as it is now"),
    "take_file_help": Line("草稿换成文件的内容。", "It replaces the draft."),
    "look_at_file": Line("改好了，再看一次", "It is mended: look again"),
    "overwrite": Line("保留草稿并覆盖文件", "Keep the draft and overwrite the file"),
    "overwrite_help": Line(
        "手工改过的文件另存在旁边，以后的写入不会替换它。",
        "The file changed by hand is kept beside it, under a name that no later write replaces.",
    ),
    "not_yet_draft": Line("草稿还不能写入。", "The draft cannot be written yet."),
    "mend_in_file": Line(
        "没有输入框的，请在文件里改；存好后重新打开“站点文件”，本页会看到。",
        'What has no field here is mended in the file; save it and open "Site file" again: the page will see it.',
    ),
    "checks": Line("清单全部完成后，才算调试结束。", "The gate is commissioned when the whole list is done."),
    "complete": Line("全部完成", "All done"),
    "incomplete": Line("还有未完成的项目", "Some points are open"),
    "measured": Line("实测：", "Measured:"),
    "by": Line("检查人", "Checked by"),
    "note": Line("备注", "Note"),
    "confirm": Line("确认已检查", "Confirm"),
    "undo": Line("撤回", "Take back"),
    "earlier": Line("以前确认过，当时文件写的是：", "Confirmed earlier, when the file said:"),
    "earlier_unknown": Line("（没有记下）", "(not noted)"),
    "fact": Line("站点文件：", "The file:"),
    "fact_changed": Line(
        "没有确认：站点文件刚刚改过。请看现在写的是什么，再检查、再确认。",
        "Not confirmed: the file was changed meanwhile. Read what it says now, look again, then confirm.",
    ),
    "needs_node": Line(
        "要节点在运行时试：结束本页、启动节点，试完停下节点，回到本页确认。触点有没有接对，可先在“测试”里看灯。",
        "Tried while the node runs: end this page, start the node; then stop it, come back and confirm. Whether a "
        'contact arrives its light on "Test" shows beforehand.',
    ),
    "input_seen": Line("测试时输入有变化：", "The input was seen to change on test:"),
    "add_photo": Line("加照片", "Add a photo"),
    "photo": Line("照片", "Photo"),
    "try_alarms": Line("请逐样试：", "Try each: "),
    "no_box_alarm": Line(
        "车道没有防拆输入：打开机箱不会报警。", "A vehicle lane has no tamper input: an opened box raises no alarm."
    ),
    "enrol_anew": Line(
        "请管理员在中心的“节点”页停用这个节点；在终端按 Ctrl-C 结束本页，把整个文件夹移开"
        "（本清单在其中的 commissioning，可以搬回）：",
        "Ask the manager to retire this node on central's page Nodes; end this page with Ctrl-C in its terminal and "
        "move the whole folder aside (this list is in its folder commissioning, which you may move back):",
    ),
    "enrol_again": Line("再打开本页，在这里重新登记。", "Open this page again, and enrol the node here."),
    "enrol_ask": Line(
        "请管理员在中心的“节点”页，为这个大门生成注册码：15 分钟内有效，只能用一次。",
        "Ask the manager for a token: on central's page Nodes, for this gate. It works once, within 15 minutes.",
    ),
    "token": Line("注册码", "Token"),
    "enrol": Line("写入站点文件并登记", "Write the site file and enrol"),
    "enrol_help": Line("中心会知道这个节点和它的通道。", "Central will know this node and its lanes."),
    "enrol_no_address": Line(
        "请填写中心的地址，例如 https://central.example", "Fill in central's address, such as https://central.example"
    ),
    "enrol_no_token": Line("请填写注册码。", "Fill in the token."),
    "enrol_draft": Line("草稿还不能写入，请先改好：", "The draft cannot be written yet; mend it first:"),
    "enrolled_as": Line("已登记，名称“{name}”，中心", 'Enrolled as "{name}" at'),
    "enrolled_next": Line(
        "结束本页、启动节点后，规则就从中心下来。",
        "Once this page is ended and the node started, its rules come from central.",
    ),
    "barrier_later": Line(
        "道闸如果是登记之后才加装的：请在中心的“节点”页再生成登记码，把节点重新登记一次。在那之前，中心不告诉它车牌、收费标准和停车。",
        "If the barrier was fitted after the node was enrolled: make a token on central's page of nodes and enrol it "
        "anew. Until then central tells it of no plate, tariff or stay.",
    ),
    "not_enrolled": Line(
        "节点还没有在中心登记：登记之前谁也进不来。请看",
        "The node is not enrolled at central: until then nobody is let in. See",
    ),
    "needs_photo": Line("需要照片", "needs a photo"),
    "escape": Line("疏散通道", "escape route"),
    "whole_node": Line("整个节点", "The whole node"),
    "report": Line("导出报告（ZIP）", "Export the report (ZIP)"),
    "report_title": Line("调试验收报告", "Commissioning report"),
    "tested": Line("已测试", "Tested"),
    "untested": Line("未测试", "not tested"),
    "full": Line("照片或记录已满，请先导出报告。", "There is no room for more; export the report first."),
    "gone": Line("这一页不在这里，请从菜单进入。", "This page is not here; use the menu."),
    "not_from_here": Line(
        "请求不是从本页发出的，请重新打开本页。", "The request did not come from this page; open it anew."
    ),
    "too_large": Line("内容太大，请选小一点的照片。", "That is too large; choose a smaller photo."),
    "stale": Line(
        "与节点的连接断了，画面是旧的；正在重试。", "The line to the node is cut and this is old; trying again."
    ),
} | FORMS
