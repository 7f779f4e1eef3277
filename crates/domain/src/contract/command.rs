//! What can be asked of a contract.

mod lifecycle;
mod oversight;
mod payment;
mod service;

use crate::{ContractId, aggregate::commands};
pub use lifecycle::{
    ActivateContract, AmendContract, AssessmentWeightInput, DraftContract, FileCrossProvince, FixedItemInput,
    RenewContract, ResumeContract, ReviewLegality, SignContract, SuspendContract, TerminateContract,
};
pub use oversight::{
    AllegeBreach, CompleteRectification, ContestBreach, CriterionScoreInput, OrderRectification,
    ScoreAssessment, UpholdBreach, WaiveBreach,
};
pub use payment::{ApproveStatement, DisputeStatement, IssueStatement, RecordPayment};
pub use service::{
    AcknowledgePostOrder, CertifyAttendance, CorrectAttendance, DefinePost, IssuePostOrder,
    RefuseUnlawfulRequest, SetServiceLevel,
};

commands! {
    /// Commands to a contract.
    ContractCommand for contract: ContractId;
    create { Draft(DraftContract), }
    then {
        ReviewLegality(ReviewLegality),
        Sign(SignContract),
        FileCrossProvince(FileCrossProvince),
        Activate(ActivateContract),
        Amend(AmendContract),
        DefinePost(DefinePost),
        SetServiceLevel(SetServiceLevel),
        IssuePostOrder(IssuePostOrder),
        AcknowledgePostOrder(AcknowledgePostOrder),
        CertifyAttendance(CertifyAttendance),
        CorrectAttendance(CorrectAttendance),
        AllegeBreach(AllegeBreach),
        ContestBreach(ContestBreach),
        UpholdBreach(UpholdBreach),
        WaiveBreach(WaiveBreach),
        OrderRectification(OrderRectification),
        CompleteRectification(CompleteRectification),
        ScoreAssessment(ScoreAssessment),
        IssueStatement(IssueStatement),
        DisputeStatement(DisputeStatement),
        ApproveStatement(ApproveStatement),
        RecordPayment(RecordPayment),
        Suspend(SuspendContract),
        Resume(ResumeContract),
        Renew(RenewContract),
        Terminate(TerminateContract),
        RefuseUnlawfulRequest(RefuseUnlawfulRequest),
    }
}
