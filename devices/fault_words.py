"""Why a device is no use, in Chinese and with what to do: for the log, whose lines carry both languages.

A driver speaks English, and what the system itself says of an error is English too. Only causes that a person can do
something about are told apart; everything else is told by its kind. Central has words of its own for the kinds.
"""

from __future__ import annotations

import re

OSDP_ZH = "软件包 osdp 和 libosdp 互相覆盖，OSDP 不能用；请停止节点，删除 .venv 文件夹，再运行 python3 scripts/setup.py"
CAUSES = {
    "refuses the connection|Connection refused": "连接被拒绝，那里没有程序在听；请检查地址、端口，以及设备是否开通",
    "no way to this host|No route to host|unreachable$": "到不了这台主机；请检查网线、交换机和地址",
    "hide each other|libosdp is not whole": OSDP_ZH,
    "open to others": "密钥或卡号文件别人也能读；请改成只有运行门庭的账户能读（chmod 600）",
    "SCBK-D|one byte repeated": "密钥是人人都知道的默认值，或太简单；请换一把随机的（openssl rand -hex 16）",
    "32 hexadecimal digits": "密钥文件里要有 32 个十六进制数字；请重新生成（openssl rand -hex 16）",
    "does not hold FACILITY": "卡号文件里要写 区号,卡号；请改好",
    "has no room for": "卡号文件里的卡放不进所选的位数；请核对“位数”和卡号",
    "16 to 64 letters": "推送路径要 16 到 64 个字母、数字、_ 或 -；请改好密钥文件",
    "user and password": "用户名或密码不对；请改成设备上现在用的",
    "has no such stream": "摄像头在，但没有这一路码流；请检查地址里主机之后的部分",
    "not as a camera does": "那里有应答，但不是摄像头；请检查端口",
    "name is not known|Name or service|name resolution": "连接中断，或查不到这个主机名；请检查网络和主机名",
    "No such file|does not exist|is not a folder": "没有这个文件或接口；请检查路径，以及设备是否插好",
    "Permission denied": "本账户无权打开；请给运行门庭的账户这项权限，例如加入 dialout 或 video 组",
    "no answer|not answer|timed out|is silent": "没有应答；请检查电源、接线和地址",
    "is gone|was lost|closed the connection|cable is cut|stopped delivering|ended its pictures": (
        "使用中断开；请检查电源和接线"
    ),
}
"""What the English holds -> the Chinese."""

KINDS = {
    "Unreachable": "没有回答；请检查电源、接线和地址",
    "Garbled": "回答听不清；请检查线路干扰、波特率，以及接的是不是这种设备",
    "Refused": "设备自己不接受；请检查型号、设置和密钥，再试也没有用",
    "NotSetUp": "节点这台机器上还差一样：密钥文件、卡号文件或软件包；请先改好",
    "NotConfirmed": "指令送到了，读回来却不是要的状态；请检查接线和这块板的型号",
    "Busy": "线路被另一个程序占用；请先停止那个程序",
    "KeyHeld": "有个键一直按着；请看看键盘是否卡住或被塞住",
    "picture stale": "没有新画面；请检查摄像头的电源和网络",
    "picture frozen": "画面定住不动；请重启摄像头",
    "picture black": "画面全黑；请检查镜头盖和照明",
    "picture covered": "画面被挡住；请清理镜头",
    "another view than before": "看到的地方与平时不同；请检查摄像头是否被转动",
}
"""How a fault begins -> the Chinese, where its cause is not among those above."""
OTHER = "原因见后面的英文"


def cause_zh(fault: str) -> str:
    """Cause and next step of a fault as a node tells it (`devices.errors.said`, or what is wrong with a picture)."""
    told = next((zh for pattern, zh in CAUSES.items() if re.search(pattern, fault)), None)
    return told or KINDS.get(fault.partition(":")[0], OTHER)
