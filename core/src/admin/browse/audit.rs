//! The audit: searching it, and taking it away to keep.

use super::{Query, Visit, encoded, some, to_see};
use crate::{
    admin::{PAGE_MAX, api::AuditEntry, audit, cursor},
    pages::admin::{self, Listed},
    people::Permission,
    web::{Response, Stop},
};

impl Visit<'_> {
    pub(super) async fn audit(&self, query: Query) -> Result<Response, Stop> {
        if let Some(response) = self.named(&query).await? {
            return Ok(response);
        }
        let search = [query.actor, query.target, query.action];
        let [actor, target, action] = search.each_ref().map(|text| some(text));
        let list = audit::List::new([actor, target, action], some(&query.cursor), PAGE_MAX)?;
        let (caller, rows, next) =
            audit::list(&self.call(&query.account, to_see(Permission::ReadAudit)), &list).await?;
        let [actor, target, action] = &search;
        let next = next.map(|next| {
            let cursor = cursor(&next.to_string());
            let account = query.account.as_str();
            encoded(&[
                ("account", account),
                ("actor", actor),
                ("target", target),
                ("action", action),
                ("cursor", &cursor),
            ])
        });
        let rows = rows.into_iter().map(|entry| AuditEntry::new(entry, self.language.admin_texts())).collect();
        let entries = Listed { rows, next };
        self.page(&caller, &query.account, "audit", &admin::AuditPage { entries, search }, None, None)
    }

    pub(super) async fn export(&self, query: Query) -> Result<Response, Stop> {
        let Query { account, after, .. } = query;
        let (lines, last) =
            audit::export(&self.call(&account, to_see(Permission::ReadAudit)), after.unwrap_or(0)).await?;
        let response = Response { body: lines, ..Response::empty(200) }
            .with("content-type", "application/x-ndjson; charset=utf-8")
            .with(
                "content-disposition",
                match last {
                    Some(last) => format!("attachment; filename=\"audit-to-{last}.ndjson\""),
                    None => "attachment; filename=\"audit.ndjson\"".to_owned(),
                },
            );
        let next = last.map(|last| encoded(&[("account", &account), ("after", &last.to_string())]));
        Ok(match next {
            Some(next) => response.with("link", format!("</audit/export?{next}>; rel=\"next\"")),
            None => response,
        }
        .secured(self.cx.config, None))
    }
}
