//! Scoring the company by the weights of the contract.

use super::{Case, Decision, days_in_order, terms};
use crate::{
    BasisPoints, Rejection,
    aggregate::rule,
    contract::{Contract, ContractEvent, CriterionScore, ScoreAssessment, reason},
};

impl Contract {
    pub(super) fn score_assessment(&self, body: &ScoreAssessment, case: &Case<'_>) -> Decision {
        self.in_service()?;
        case.not_by_company()?;
        days_in_order("to", body.from, body.to)?;
        self.inside(case, "from", body.from)?;
        case.past("to", body.to)?;
        let (scores, total) = self.weigh(body)?;
        for other in &self.assessments {
            if (other.from, other.to, &other.scores) == (body.from, body.to, &scores) {
                return Ok(vec![]);
            }
            rule(body.to < other.from || other.to < body.from, || {
                Rejection::new(&reason::PERIOD_OVERLAPS)
                    .field("from")
                    .with("from", other.from.0)
                    .with("to", other.to.0)
            })?;
        }
        Ok(vec![ContractEvent::AssessmentScored { from: body.from, to: body.to, scores, total }])
    }

    /// The scores in the order of the weights, and Σ weight × score ÷ 10,000, rounded down.
    fn weigh(&self, body: &ScoreAssessment) -> Result<(Vec<CriterionScore>, BasisPoints), Rejection> {
        let differ = || Rejection::new(&reason::CRITERIA_DIFFER).field("scores");
        rule(body.scores.len() == self.weights.len(), differ)?;
        let mut scores = Vec::with_capacity(self.weights.len());
        let mut sum = 0_u32;
        for weight in &self.weights {
            let given = body.scores.iter().find(|score| score.criterion.trim() == weight.criterion);
            let score = terms::share("scores", given.ok_or_else(differ)?.score)?;
            sum += u32::from(weight.weight.0) * u32::from(score.0);
            scores.push(CriterionScore { criterion: weight.criterion.clone(), score });
        }
        let total = u16::try_from(sum / u32::from(BasisPoints::WHOLE.0)).unwrap_or(BasisPoints::WHOLE.0);
        Ok((scores, BasisPoints(total)))
    }
}
