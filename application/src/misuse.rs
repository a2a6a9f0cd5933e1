//! Reports of misuse.

use domain::misuse::ReportCommand;
use domain::misuse::values::ReportId;

use crate::{Commands, Done, Error, Request};

impl Commands {
    /// Does to the report `id` what `command` asks for.
    ///
    /// # Errors
    /// Refused by the rules, or the report is not at the version the caller insists on.
    pub async fn misuse_report(
        &self,
        request: &Request,
        id: ReportId,
        command: ReportCommand,
    ) -> Result<Done, Error> {
        let command = &command;
        self.settle(request, |fresh| {
            Box::pin(async move {
                let report = self.reports.load(id.0, fresh).await?;
                request.insist_on(&report)?;
                Ok(request.append(vec![report.decide(id.0, request.issue(command.clone()))?]))
            })
        })
        .await
    }
}
