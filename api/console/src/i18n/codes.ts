/** Titles of the fault catalogue (contract section 4) and of the detector's rules (section 5). */
import type { Words } from "../model";

export const CODES: Record<string, Words> = {
  alarm_button: { zh: "报警按钮", en: "Alarm button" },
  entrapment: { zh: "困人", en: "Entrapment" },
  overtravel_top: { zh: "冲顶", en: "Over-travel at the top" },
  overtravel_bottom: { zh: "蹲底", en: "Over-travel at the bottom" },
  unintended_movement: { zh: "轿厢意外移动", en: "Unintended car movement" },
  overspeed: { zh: "超速", en: "Overspeed" },
  door_open_moving: { zh: "开门走梯", en: "Moving with its door open" },
  brake_failure: { zh: "制动系统故障", en: "Brake failure" },
  safety_chain_open: { zh: "安全回路断路", en: "Safety chain open" },
  stopped_outside_zone: { zh: "开锁区域外停止", en: "Stopped outside the door zone" },
  position_lost: { zh: "楼层位置丢失", en: "Position lost" },
  runtime_limit: { zh: "运转时间限制器动作", en: "Motor run-time limiter" },
  restart_prevented: { zh: "防止再运行", en: "Restart prevented" },
  door_open_failure: { zh: "开门故障", en: "Door does not open" },
  power_loss: { zh: "停电", en: "Power loss" },
  door_close_failure: { zh: "关门故障", en: "Door does not close" },
  door_cycling: { zh: "反复开关门", en: "Door cycles again and again" },
  door_held: { zh: "长时间开门", en: "Door held open" },
  drive_fault: { zh: "驱动故障", en: "Drive fault" },
  controller_fault: { zh: "控制系统故障", en: "Controller fault" },
  drive_overheat: { zh: "驱动过热", en: "Drive too hot" },
  start_failure: { zh: "启动故障", en: "Does not start" },
  call_button_stuck: { zh: "按钮粘连", en: "Call button stuck" },
  load_sensor_fault: { zh: "称重传感器故障", en: "Load sensor fault" },
  sensor_fault: { zh: "传感器故障", en: "Sensor fault" },
  battery_low: { zh: "电池电量低", en: "Battery low" },
  alarm_device_fault: { zh: "报警装置故障", en: "Alarm device fault" },
  offline: { zh: "离线", en: "Offline" },
  automatic_running: { zh: "恢复自动运行", en: "Back to automatic running" },
  out_of_service: { zh: "停止服务", en: "Out of service" },
  inspection: { zh: "检修", en: "Inspection" },
  fire_recall: { zh: "消防返回", en: "Fire recall" },
  firefighter: { zh: "消防员运行", en: "Firefighter service" },
  emergency_power: { zh: "应急电源", en: "Emergency power" },
  earthquake: { zh: "地震", en: "Earthquake" },
  alarm_test: { zh: "报警测试", en: "Alarm test" },
  other: { zh: "其他故障", en: "Other fault" },
};

/** What is wrong with the platform itself. */
export const SYSTEM: Record<string, Words> = {
  unreadable_messages: { zh: "无法解析的消息", en: "Unreadable messages" },
  area_power: { zh: "区域停电", en: "Power lost in an area" },
  area_link: { zh: "区域信号中断", en: "Signal lost in an area" },
  blind: { zh: "大量电梯同时失联", en: "Many lifts silent at once" },
};

export const REASONS: Record<string, Words> = {
  outside_zone: { zh: "停在平层区外", en: "Stopped outside the door zone" },
  door_wont_open: { zh: "到站不开门", en: "At a landing, door does not open" },
  power_lost: { zh: "断电停梯", en: "Stopped without power" },
  chain_open: { zh: "安全回路断开停梯", en: "Stopped with the safety chain open" },
  controller_says: { zh: "控制系统报困人", en: "Controller reports an entrapment" },
  alarm_pressed: { zh: "轿厢内按下报警", en: "Alarm pressed in the car" },
  danger_occupied: { zh: "有人时出现危险故障", en: "Dangerous fault with someone inside" },
  silence: { zh: "可能困人，信号中断", en: "Possible entrapment, no signal" },
  no_progress: { zh: "显示运行但位置不变", en: "Says it moves, but does not" },
  long_stay: { zh: "长时间停留，用对讲询问", en: "Long stay: ask by intercom" },
  caller: { zh: "人工报告", en: "Reported by a person" },
};
