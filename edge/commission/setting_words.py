"""The settings of a site file in words, by the file's own key. One without words is shown by its key."""

from edge.console.words import Line

SETTINGS = {
    "central.url": Line("中心的地址（空着：独立运行）", "Central's address (empty: this gate works alone)"),
    "central.ca": Line("给中心签证书的机构：PEM 文件", "Who signed central's certificate: PEM file"),
    "console.port": Line("通道屏幕页的端口（空着：没有屏幕）", "Port of the lanes' screens (empty: none)"),
    "face.backend": Line("人脸算法", "Face backend"),
    "intercoms.listen": Line("对讲机从哪个地址进来", "Address at which intercoms are heard"),
    "intercoms.port": Line("对讲机端口", "Port for intercoms"),
    "lane.inputs": Line("接触点所在的另一块板：地址", "Another board with the contacts: address"),
    "lane.release_s": Line("放行一次，锁松开几秒", "Seconds that a grant releases the lock"),
    "lane.held_open_s": Line("门开着几秒后报警", "Seconds until an open door is an alarm"),
    "lane.second_factor_s": Line("出示通行码后等人脸几秒", "Seconds that a pass waits for the face"),
    "lane.wrong_max": Line("错几次报警、锁住键盘", "Wrong attempts until alarm and keypad lock"),
    "lane.pin_lock_s": Line("键盘锁多少秒", "Seconds that the keypad is locked"),
    "lane.face_alone": Line("只有人脸时", "A face without a pass"),
    "lane.liveness": Line("怎样证明是活人", "How a face is shown to be alive"),
    "lane.plate_camera": Line("车道：自己识别车牌的相机，地址", "Vehicle lane: camera that reads plates, address"),
    "lane.camera_nir": Line("近红外摄像头：地址", "Near-infrared camera: address"),
}
