//! What no request waits for. The jobs Worker does it: all of it every minute ([`tick`]), and what cannot wait that long as
//! soon as another Worker [pokes](crate::ports::Jobs) it ([`poked`]).

mod deliver;

pub use deliver::deliver;

use std::ops::RangeInclusive;

use crate::{
    audit::{Signer, SigningKeys},
    context::{audit_keys, host_name, keyring, mail_from, mail_server, number, origin, prefix, site_name},
    flows::Prefix,
    mail::{Kind, Mailbox, Server},
    ports::{DAY_MS, Db, Fault, Log, Mailer, Now, Rng, Signing},
    secret::Keyring,
    store::{self, Queued, Trimmed},
};

/// For how many days rows of the audit can be kept: alerts count what they say of the last 30 days.
pub const AUDIT_KEEP_DAYS: RangeInclusive<i64> = 30..=3_650;

/// After how many days rows of the audit go that belong to no account: nobody can read them, and strangers bring them about.
const NOBODYS_DAYS: i64 = 7;

/// Everything a job is done with.
pub struct Job<'a> {
    /// The database.
    pub db: &'a dyn Db,
    /// Unpredictable bytes.
    pub rng: &'a dyn Rng,
    /// What makes signatures.
    pub signing: &'a dyn Signing,
    /// What sends mails.
    pub mailer: &'a dyn Mailer,
    /// Where log lines go.
    pub log: &'a dyn Log,
    /// When it began.
    pub now: Now,
    /// Settings and keys.
    pub config: &'a Config,
}

impl Job<'_> {
    /// Logs why a mail was refused: never to whom it was to go.
    fn log_mail(&self, mail: &Queued, why: &str) {
        let kind = mail.kind.map(Kind::name);
        self.log.line(
            &serde_json::json!({ "at_ms": self.now.0, "mail": mail.id, "kind": kind, "refused": why }).to_string(),
        );
    }
}

/// Settings and keys of the jobs Worker, which has no pages and no sessions.
pub struct Config {
    /// What browsers use for the protected app, such as `https://app.example.com`.
    pub edge_origin: String,
    /// Where Airlock's own paths begin.
    pub prefix: Prefix,
    /// What the site is called.
    pub site_name: String,
    /// Whom mails are from, where they are sent.
    pub mail_from: Option<Mailbox>,
    /// The server that takes them; where there is none, the platform does.
    pub mail_server: Option<Server>,
    /// After how many days rows of the audit go, if ever.
    pub audit_keep_days: Option<i64>,
    /// Keys that sign the audit.
    pub audit_keys: SigningKeys,
    /// Keys that seal authenticator seeds; the first seals, all open.
    pub seed_keys: Keyring,
    /// The peppers that the Workers have.
    pub pepper_keys: Keyring,
}

impl Config {
    /// Checks and collects the settings.
    ///
    /// # Errors
    /// The first one that is missing or malformed, by name and without its value.
    pub fn build(variable: impl Fn(&str) -> Option<String>) -> Result<Self, Fault> {
        let what = "a whole number of days from 30 to 3650";
        Ok(Self {
            edge_origin: origin(&variable, "EDGE_ORIGIN")?,
            prefix: prefix(&variable)?,
            site_name: site_name(&variable)?,
            mail_from: mail_from(&variable)?,
            mail_server: mail_server(&variable)?,
            audit_keep_days: number(&variable, "AUDIT_KEEP_DAYS", AUDIT_KEEP_DAYS, what)?,
            audit_keys: audit_keys(&variable)?,
            seed_keys: keyring(&variable, "SEED_KEYS")?,
            pepper_keys: keyring(&variable, "PEPPER_KEYS")?,
        })
    }
}

impl Config {
    /// What Airlock's own paths at the edge begin with, origin and all.
    pub fn own_url(&self) -> String {
        format!("{}{}", self.edge_origin, self.prefix)
    }

    /// The host that mails are named by.
    pub fn host(&self) -> &str {
        host_name(&self.edge_origin)
    }
}

/// Everything: seals what was added to the audit, removes what is over, brings seeds under the current key, and hands over mails.
/// What fails holds up nothing else; nor does a slow mail server, which comes last.
///
/// # Errors
/// The database.
pub async fn tick(job: &Job<'_>) -> Result<(), Fault> {
    let noted = store::note_refusals(job).await;
    let sealed = seal_all(job).await;
    let trimmed = trim(job).await;
    let swept = sweep(job).await;
    let resealed = store::reseal(job).await;
    let delivered = deliver(job).await;
    noted.and(sealed).and(trimmed).and(swept).and(resealed).and(delivered)
}

/// What follows a change at once: the audit that tells of it is sealed and signed, and mails go on their way.
///
/// # Errors
/// The database.
pub async fn poked(job: &Job<'_>) -> Result<(), Fault> {
    let sealed = seal_all(job).await;
    let delivered = deliver(job).await;
    sealed.and(delivered)
}

async fn seal_all(job: &Job<'_>) -> Result<(), Fault> {
    let signer = job.config.audit_keys.open(job.signing).await?;
    seal(job.db, job.now, &signer, None).await
}

/// Seals what is not sealed yet, of one account or of all: 10,000 rows at most, the rest the next time.
///
/// # Errors
/// The database.
pub async fn seal(db: &dyn Db, now: Now, signer: &Signer, account_id: Option<&str>) -> Result<(), Fault> {
    for _ in 0..20 {
        if !store::audit_seal(db, now, signer, account_id).await? {
            break;
        }
    }
    Ok(())
}

/// Removes what is past its time, in 20 goes of each kind, the rest the next time: what belongs to no account after 7 days,
/// all else by the operator's limit. Both move on at midnight: else each minute's few rows would need one more row to tell
/// of them.
async fn trim(job: &Job<'_>) -> Result<(), Fault> {
    let kinds = [(Trimmed::Nobodys, Some(NOBODYS_DAYS)), (Trimmed::Oldest, job.config.audit_keep_days)];
    for (whose, days) in kinds {
        let Some(days) = days else { continue };
        let before = Now((job.now.0.div_euclid(DAY_MS) - days) * DAY_MS);
        for _ in 0..20 {
            if !store::audit_trim(job, whose, before).await? {
                break;
            }
        }
    }
    Ok(())
}

/// Removes what else is over: 20,000 rows of each kind at most, which is what 333 logins a second leave in a minute.
async fn sweep(job: &Job<'_>) -> Result<(), Fault> {
    for _ in 0..20 {
        if !store::sweep(job).await? {
            break;
        }
    }
    Ok(())
}
