"""What the commissioning page says, Chinese first. Schemes and parameters that are missing show as they are."""

from devices.catalogue import Kind
from edge.commission.checklist import Item, Open
from edge.commission.found import Plug
from edge.console.words import Line
from edge.verify.face.photo import BadPhoto

KINDS = {
    Kind.RELAY: Line("继电器和输入板", "Relay and input board"),
    Kind.SCANNER: Line("扫码器", "Code scanner"),
    Kind.READER: Line("读卡器或键盘", "Card reader or keypad"),
    Kind.CAMERA: Line("摄像头", "Camera"),
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
    "panel+serial": Line("现有门禁主机（经韦根转换器）", "an existing access panel (by a Wiegand converter)"),
    "lcus+serial": Line("LCUS USB 继电器板", "LCUS USB relay board"),
    "gpio": Line("本机 GPIO 引脚", "GPIO pins of this machine"),
    "scanner+serial": Line("串口扫码器", "Serial code scanner"),
    "scanner+hid": Line("键盘式扫码器", "Keyboard code scanner"),
    "reader+hid": Line("键盘式读卡器", "Keyboard card reader"),
    "reader+serial": Line("串口读卡器", "Serial card reader"),
    "osdp+serial": Line("OSDP 读卡器（RS485）", "OSDP reader (RS485)"),
    "wiegand+serial": Line("Wiegand 转换器（串口）", "Wiegand converter (serial)"),
    "camera+v4l2": Line("本机摄像头", "Camera of this machine"),
    "camera+folder": Line("图片文件夹", "Folder of pictures"),
    "camera+file": Line("视频文件", "Video file"),
    "rtsp": Line("网络摄像头（RTSP）", "Network camera (RTSP)"),
    "rtsps": Line("网络摄像头（RTSP 加密）", "Network camera (RTSP, encrypted)"),
}
PARAMETERS = {
    "card_file": Line("卡号文件（权限 600，内容为 区号,卡号）", "File with the card (mode 600: FACILITY,NUMBER)"),
    "bits": Line("位数", "Bits"),
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
}
CONTACTS = {
    "lock": Line("锁：输出", "Lock: output"),
    "door": Line("门磁：输入", "Door contact: input"),
    "exit": Line("出门按钮：输入", "Exit button: input"),
    "fire": Line("消防：输入", "Fire: input"),
    "tamper": Line("防拆：输入", "Tamper: input"),
    "beam": Line("门后光束：输入", "Beam behind the door: input"),
    "passed": Line("闸机已通过：输入", "Turnstile, passed: input"),
    "timeout": Line("闸机无人通过：输入", "Turnstile, nobody passed: input"),
    "intercom": Line("对讲机请求开门：输入", "Intercom asks for the door: input"),
}
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
    Item.TAMPER: Line(
        "打开机箱、拆下读头、遮住镜头、剪断线路，都有报警",
        "Box opened, reader taken off, camera covered, wire cut: each raises its alarm",
    ),
    Item.SIGN: Line("告知牌已安装，看得清", "The notice is up and can be read"),
    Item.PRIVATE_VIEW: Line("画面不拍到住户室内和私人空间", "The picture shows no home and no private space"),
    Item.PASSWORDS: Line("所有设备的出厂密码都已更改", "The makers' passwords of all devices are changed"),
    Item.DEVICES: Line("每台设备都测试过，并且正常", "Every device was tested and works"),
}
FAIL = {
    "safe": Line("文件：断电开门", "File: opens without power"),
    "secure": Line("文件：断电锁闭", "File: stays locked without power"),
    "": Line("文件：未写明", "File: does not say"),
}
OPEN = {
    Open.NOT_TICKED: Line("还没确认", "not confirmed yet"),
    Open.NO_PHOTO: Line("缺照片", "photo missing"),
    Open.DEFAULT_PASSWORD: Line(
        "有设备还在用出厂密码，请先更改", "a device still has its maker's password; change it first"
    ),
    Open.UNTRIED: Line("有设备还没测试通过", "a device has not been tested yet"),
    Open.NO_DEVICE: Line("还没有设备", "there is no device yet"),
}
PHOTO_REFUSED = {
    BadPhoto.FILE_TOO_LARGE: Line(
        "照片超过 15 MB，请缩小后再传。", "The photo is larger than 15 MB; send a smaller one."
    ),
    BadPhoto.HEIF: Line("这是 HEIF 照片，请在手机上改为 JPEG。", "This is a HEIF photo; set the phone to JPEG."),
    BadPhoto.NOT_A_PICTURE: Line("这不是照片，请选 JPEG 或 PNG。", "This is no photo; choose a JPEG or PNG."),
    BadPhoto.TOO_MANY_PIXELS: Line(
        "照片像素太多，请缩小后再传。", "The photo has too many pixels; send a smaller one."
    ),
}
PAGE = {
    "title": Line("现场调试", "Commissioning"),
    "simulated": Line("模拟设备，没有连接真实硬件", "Simulated devices: no hardware is attached"),
    "devices": Line("设备", "Devices"),
    "test": Line("测试", "Test"),
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
        "调试期间闸机程序是停的：出门按钮和消防输入没有软件应答，请有人守在门边。",
        "While this page runs the gate's own process is stopped: no software answers exit button and fire. "
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
    "cancel": Line("取消", "Cancel"),
    "untimed": Line(
        "这块板不会自己断开：由程序计时。", "This board does not end a pulse by itself: the program times it."
    ),
    "seen_title": Line("读到的内容（不保存）", "What was read (not kept)"),
    "show_it": Line("请出示码或卡", "Show a code or a card"),
    "picture_age": Line("画面", "Picture"),
    "seconds_old": Line("秒前", "s old"),
    "no_picture": Line("等待画面", "Waiting for a picture"),
    "better": Line("找到了，它在这样应答：", "Found. It answers like this:"),
    "use_it": Line("用这个地址测试", "Test with this address"),
    "keep_title": Line("写入站点文件", "Into the site file"),
    "keep": Line("用于这条通道", "Use it for this lane"),
    "keep_first": Line("请先在“站点文件”里建一条通道。", 'Make a lane first, on "Site file".'),
    "kept": Line("已放入草稿，写入后生效。", "In the draft; it counts once the file is written."),
    "record": Line("保存通信记录", "Save the recording"),
    "record_help": Line("已去掉卡号和码。", "Card numbers and codes are replaced."),
    "recorded": Line("已保存：", "Saved: "),
    "record_none": Line("这种设备没有可保存的字节。", "This device has no bytes to save."),
    "node_name": Line("节点名称", "Name of the node"),
    "save": Line("保存", "Save"),
    "lane": Line("通道", "Lane"),
    "new_lane": Line("新通道", "New lane"),
    "lane_code": Line("代号（a-z 0-9 -）", "Code (a-z 0-9 -)"),
    "lane_name": Line("名称", "Name"),
    "direction": Line("方向", "Direction"),
    "in": Line("进", "in"),
    "out": Line("出", "out"),
    "fail": Line("断电时", "Without power"),
    "safe": Line("开门（safe）", "opens (safe)"),
    "secure": Line("锁闭（secure）", "stays locked (secure)"),
    "escape_route": Line("在疏散通道上", "On an escape route"),
    "more_settings": Line("其他设置", "More settings"),
    "node_settings": Line("节点的设置", "Settings of this node"),
    "usual": Line("默认：", "usual: "),
    "only_in_file": Line(
        "下面这些只能在文件里改，本页原样保留：",
        "These can be changed in the file only; this page keeps them as they are:",
    ),
    "zero_none": Line("0 = 没有", "0 = none"),
    "remove": Line("从草稿移除", "Remove from the draft"),
    "draft": Line("草稿", "Draft"),
    "in_order": Line("可以写入。", "In order: it can be written."),
    "not_yet": Line("还不能写入：", "Not yet:"),
    "write": Line("写入站点文件", "Write the site file"),
    "written": Line(
        "已写入。请重新启动节点使其生效；原文件（含注释）保留为 .bak。",
        "Written. Restart the node so that it counts; the file from before, with its comments, stays as .bak.",
    ),
    "checks": Line("清单全部完成后，才算调试结束。", "The gate is commissioned when the whole list is done."),
    "complete": Line("全部完成", "All done"),
    "incomplete": Line("还有未完成的项目", "Some points are open"),
    "by": Line("检查人", "Checked by"),
    "note": Line("备注", "Note"),
    "confirm": Line("确认已检查", "Confirm"),
    "undo": Line("撤回", "Take back"),
    "add_photo": Line("加照片", "Add a photo"),
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
}
