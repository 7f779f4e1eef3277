//! Why a command to a contract can be refused.

use crate::rejection::reasons;

reasons! {
    NOT_SIGNED = "not_signed", "The contract is not signed.", "合同尚未签订。";
    NO_LEGALITY_REVIEW = "no_legality_review", "The legality of what the client asks for has not been reviewed (Regulation on security services, art. 21).", "尚未核查客户单位要求的合法性（《保安服务管理条例》第二十一条）。";
    FOUND_UNLAWFUL = "found_unlawful", "The review found that something asked for is unlawful (Regulation on security services, art. 21).", "核查发现客户单位的要求违法（《保安服务管理条例》第二十一条）。";
    NO_LICENCE = "no_licence", "The company has no valid licence for security services.", "该公司没有有效的保安服务许可证。";
    NO_FILING = "no_filing", "Guards from another province need a filing with the police there (Regulation on security services, art. 23).", "跨省派出保安员须向服务所在地公安机关备案（《保安服务管理条例》第二十三条）。";
    CONTRACT_ENDED = "contract_ended", "The contract ended on {day}.", "合同已于{day}到期。";
    OUTSIDE_CONTRACT = "outside_contract", "This day ({day}) lies outside the contract ({from} to {to}).", "该日期（{day}）不在合同期限（{from}至{to}）内。";
    DAYS_OUT_OF_RANGE = "out_of_range", "It must be 1 to {most} days long.", "天数必须在1至{most}之间。";
    NOT_IN_FORCE = "not_in_force", "The contract was not in force on {day}.", "合同在{day}未处于生效状态。";
    DAYS_RUN_BACKWARDS = "days_run_backwards", "This day ({given}) lies before {earlier}.", "该日期（{given}）早于{earlier}。";
    WEIGHTS_SUM = "weights_sum", "The weights sum to {sum}, they must sum to 10000.", "各项权重之和为{sum}，必须为10000。";
    CRITERION_TWICE = "criterion_twice", "A criterion stands here twice.", "评价指标重复。";
    CRITERIA_DIFFER = "criteria_differ", "The scores must name every criterion of the contract once and no other.", "评分必须逐一对应合同约定的评价指标。";
    WEIGHTS_FROZEN = "weights_frozen", "The weights of the assessment are frozen since the contract was signed.", "合同签订后评价权重不得变更。";
    EMPTY_AMENDMENT = "empty_amendment", "The amendment changes nothing.", "变更内容为空。";
    PERIOD_SETTLED = "period_settled", "A statement up to {to} is settled; dispute it first.", "截至{to}的结算单已出具；请先提出异议。";
    UNKNOWN_POST = "unknown_post", "The contract has no such post.", "合同中没有该岗位。";
    POST_OUTSIDE_AREA = "post_outside_area", "The post lies outside the area of the contract ({area}).", "该岗位不在合同服务区域（{area}）内。";
    WEEKDAY = "weekday", "Days of the week are numbers from 1 (Monday) to 7 (Sunday), at least one.", "星期须为1（周一）至7（周日），至少一项。";
    EMPTY_WINDOW = "empty_window", "The window has no length.", "值守时段长度为零。";
    UNLAWFUL_TASK = "unlawful_task", "A guard must not do this ({task}); refuse the request and report it (Regulation on security services, art. 21 and 30).", "保安员不得执行此类任务（{task}）；应当拒绝并向公安机关报告（《保安服务管理条例》第二十一条、第三十条）。";
    UNKNOWN_ORDER = "unknown_order", "The contract has no such post order.", "合同中没有该岗位职责。";
    NOT_OF_COMPANY = "not_of_company", "This person does not serve the company of the contract.", "该人员不属于合同中的保安公司。";
    NOT_BILLABLE = "not_billable", "Only the time of a guard can be billed; a volunteer's never.", "只有保安员的工时可以计费；志愿人员的工时不得计费。";
    SHIFT_NOT_CERTIFIED = "shift_not_certified", "This person has no certified minutes in this shift.", "该人员在此班次没有已认定的工时。";
    SHIFT_OF_OTHER_POST = "shift_of_other_post", "This shift was not worked for this contract and post.", "该班次不属于本合同的该岗位。";
    OUTSIDE_SHIFT = "outside_shift", "The presence must lie inside the time on duty ({from} to {to}).", "到岗时间必须在值勤时间（{from}至{to}）之内。";
    OVER_CERTIFIED = "over_certified", "At most the {most} certified minutes of the shift can be billed.", "计费工时不得超过班次已认定的{most}分钟。";
    ALREADY_CERTIFIED = "already_certified", "The attendance is certified with other times; correct it instead.", "该到岗记录已认定且时间不同；请使用更正。";
    NO_ATTENDANCE = "no_attendance", "There is no certified attendance of this person in this shift.", "该人员在此班次没有已认定的到岗记录。";
    NOT_BY_COMPANY = "not_by_company", "The company can not do this in its own matter.", "保安公司不得就自身事项执行此操作。";
    NOT_THE_COMPANY = "not_the_company", "Only the company of the contract can do this.", "只有合同中的保安公司可以执行此操作。";
    NOT_THE_CLIENT = "not_the_client", "Only the client of the contract can do this.", "只有合同中的客户单位可以执行此操作。";
    NOT_A_PARTY = "not_a_party", "Only a party to the contract can do this.", "只有合同双方可以执行此操作。";
    ALLEGER_DECIDES = "alleger_decides", "A contested breach is decided by somebody else than who alleged it.", "有异议的违约不得由提出人裁定。";
    UNKNOWN_BREACH = "unknown_breach", "The contract has no such breach.", "合同中没有该违约记录。";
    DEDUCTION_OVER_TARIFF = "deduction_over_tariff", "At most {most} fen can be deducted for this breach.", "该违约最多可扣减{most}分。";
    NO_SERVICE_LEVEL = "no_service_level", "No service level is in force that tells the time for it; name the last day.", "没有生效的服务标准可确定期限；请填写截止日期。";
    UNKNOWN_RECTIFICATION = "unknown_rectification", "The contract has no such rectification.", "合同中没有该整改事项。";
    PERIOD_OPEN = "period_open", "The period has not ended: its last day is {to}.", "结算期尚未结束：最后一日为{to}。";
    PERIOD_OVERLAPS = "period_overlaps", "The period overlaps that from {from} to {to}.", "该期间与{from}至{to}的期间重叠。";
    UNKNOWN_STATEMENT = "unknown_statement", "The contract has no such statement.", "合同中没有该结算单。";
    NOT_DISPUTED = "not_disputed", "Only a disputed statement can be replaced.", "只有存在异议的结算单可以被替换。";
    PAYER_IS_APPROVER = "payer_is_approver", "Who approved the statement can not record its payment.", "结算单的审批人不得登记付款。";
    OVERPAID = "overpaid", "At most the outstanding {outstanding} fen can be paid.", "付款不得超过未付金额{outstanding}分。";
    REFERENCE_USED = "reference_used", "This reference was used for another payment.", "该付款凭证号已用于其他付款。";
    UNKNOWN_POLICE_STATION = "unknown_police_station", "There is no such police station.", "该派出所不存在。";
}
