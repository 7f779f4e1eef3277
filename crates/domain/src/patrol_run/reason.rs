//! Why a command to a patrol run can be refused.

use crate::rejection::reasons;

reasons! {
    PLAN_NOT_PUBLISHED = "plan_not_published", "There is no such plan with a published version.", "该方案不存在或尚未发布。";
    UNKNOWN_ROUTE = "unknown_route", "The published version has no such route.", "已发布的版本中没有此线路。";
    NO_STOPS = "no_stops", "All checkpoints of this route are retired.", "该线路的巡更点均已停用。";
    NO_MEMBERS = "no_members", "Somebody must walk.", "至少需要一名巡防人员。";
    UNKNOWN_SHIFT = "unknown_shift", "There is no such shift.", "该班次不存在。";
    UNKNOWN_CONTRACT = "unknown_contract", "There is no such contract.", "该合同不存在。";
    CHECKPOINT_NOT_ON_ROUTE = "checkpoint_not_on_route", "This checkpoint is not on the route of the run.", "该巡更点不在本次巡逻线路上。";
    CHECKPOINT_RETIRED = "checkpoint_retired", "This checkpoint was retired on {since}.", "该巡更点已于{since}停用。";
    SCAN_ID_REUSED = "scan_id_reused", "This scan id was used before, with other content.", "该扫描编号已被使用，且内容不同。";
    SCAN_TOO_LATE = "scan_too_late", "Scans are taken up to {hours} hours after the end of the run.", "巡逻结束{hours}小时后不再接收扫描。";
    TOO_EARLY = "too_early", "This can be done only after {earliest}.", "只能在{earliest}之后执行。";
    DEADLINE_PASSED = "deadline_passed", "The checkpoint was to be visited by {deadline}.", "该巡更点的截止时间为{deadline}，已过期。";
    CHECKPOINT_SETTLED = "checkpoint_settled", "This checkpoint is {outcome} already.", "该巡更点的状态已为{outcome}。";
    NOTE_NEEDED = "note_needed", "Tell in the note what it is.", "请在备注中说明情况。";
    UNKNOWN_DEVIATION = "unknown_deviation", "The run has no such deviation.", "本次巡逻没有此偏离记录。";
}
