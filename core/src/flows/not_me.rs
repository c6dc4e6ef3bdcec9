//! "This was not me": the button of a notice. Whoever has the mail needs no sign-in for it, and gains nothing: all that is open ends,
//! and the password, until its person sets another by mail, or an admin says that it was a mistake.

use super::{FORGOT, forgot::mailed, log, too_many_attempts};
use crate::{
    context::Context,
    event::Action,
    limit, pages,
    ports::DAY_MS,
    secret::Token,
    store::{self, NotMe},
    texts::Message,
    web::{Outcome, Problem, Request, Stop},
};

/// Where its links begin.
pub const LINK: &str = "/not-me/";

/// The link of a notice, where `own` is what Airlock's own paths at the edge begin with, origin and all.
pub fn not_me_url(own: &str, token: &Token) -> String {
    format!("{own}{LINK}{}", token.expose())
}

/// `GET /auth/not-me/{token}`: says what the button does. Mail programs that follow links do nothing by that.
pub async fn form(cx: &Context<'_>, _: &Request, link: &str) -> Result<Outcome, Stop> {
    mailed(cx)?;
    Ok(match store::not_me_read(cx, &Token::claimed(link)).await? {
        Some(NotMe { stopped: true, .. }) => done(cx),
        Some(NotMe { used: false, .. }) => Outcome::form(pages::NotMe {}),
        _ => gone(),
    })
}

/// `POST /auth/not-me/{token}`: once, and once a day for a person; for whoever has done it already it is done.
pub async fn not_me(cx: &Context<'_>, _: &Request, link: &str) -> Result<Outcome, Stop> {
    mailed(cx)?;
    if !cx.brake.admit(&cx.peer.network()).await? {
        log(cx, Action::NotMe, "brake", None);
        return Ok(too_many_attempts(Message::NetworkTries, 60).into());
    }
    let token = Token::claimed(link);
    let link = store::not_me_read(cx, &token).await?;
    if let Some(NotMe { stopped: false, used: false, user_id, .. }) = &link
        && store::not_me(cx, &token, user_id).await?
    {
        log(cx, Action::NotMe, "ok", Some(user_id));
        return Ok(Outcome::Done(format!("{}{}", cx.config.prefix.path(LINK), token.expose())));
    }
    // Another was quicker, or it was used within the day and undone since.
    Ok(match store::not_me_read(cx, &token).await? {
        Some(NotMe { stopped: true, .. }) => done(cx),
        Some(NotMe { used: false, pressed_at: Some(at), .. }) => {
            let seconds = limit::retry_after_s(at + DAY_MS, cx.now);
            too_many_attempts(Message::NotMeToday, seconds).into()
        }
        _ => gone(),
    })
}

fn done(cx: &Context<'_>) -> Outcome {
    Outcome::form(pages::NotMeDone { forgot: cx.config.prefix.path(FORGOT) })
}

fn gone() -> Outcome {
    Problem::new(404, "not_found", Message::NotMeGone).into()
}
