//! Why a command to a patrol plan can be refused.

use crate::rejection::reasons;

reasons! {
    APPROVER_IS_DRAFTER = "approver_is_drafter", "Who drafted a version can not approve it.", "起草人不能批准自己起草的方案。";
    NO_DRAFT = "no_draft", "Version {version} is {phase} and never changes: draft a revision.", "第{version}版的状态为{phase}，不再更改：请起草新版本。";
    DRAFT_OPEN = "draft_open", "Version {version} is still a draft: change that one.", "第{version}版仍是草稿：请直接修改该草稿。";
    UNKNOWN_VERSION = "unknown_version", "The plan has no version {version}.", "该方案没有第{version}版。";
    UNKNOWN_ROUTE = "unknown_route", "The plan has no such route.", "该方案没有此线路。";
    UNKNOWN_CHECKPOINT = "unknown_checkpoint", "The plan has no such checkpoint.", "该方案没有此巡更点。";
    CHECKPOINT_RETIRED = "checkpoint_retired", "This checkpoint was retired.", "该巡更点已停用。";
    CHECKPOINT_TWICE = "checkpoint_twice", "A route leads to a checkpoint only once.", "一条线路中每个巡更点只能出现一次。";
    CHECKPOINT_OUTSIDE_AREA = "checkpoint_outside_area", "The checkpoint lies outside of the plan's area {area}.", "该巡更点不在方案区域{area}之内。";
    TAG_IN_USE = "tag_in_use", "Another checkpoint in use has this tag.", "该标签已被另一个在用巡更点使用。";
    STOPS_OUT_OF_ORDER = "stops_out_of_order", "A stop is due before the one that it follows.", "巡更点的应到时间早于前一巡更点。";
    NO_STOPS = "no_stops", "A route needs at least one stop.", "线路至少需要一个巡更点。";
    NO_ROUTES = "no_routes", "A plan without a route can not be approved.", "没有线路的方案不能批准。";
}
