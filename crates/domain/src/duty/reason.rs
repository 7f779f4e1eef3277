//! Why a command to the duty of a person can be refused. An overlap is refused with the shift's own
//! [`OVERLAPPING_SHIFT`](crate::shift::reason::OVERLAPPING_SHIFT).

use crate::rejection::reasons;

reasons! {
    NOT_RESERVED = "not_reserved", "This person's time is not reserved for this shift.", "该人员未为此班次预留时间。";
    BEING_ASSIGNED = "being_assigned", "Another command is giving this place to this person, or taking it back: try again.", "另一命令正在为该人员分配或收回此岗位，请稍后重试。";
    DUTY_TOO_OLD = "duty_too_old", "This duty ended before {horizon}; it can no longer be checked for overlaps.", "该勤务在{horizon}之前已结束，无法再核对是否重叠。";
}
