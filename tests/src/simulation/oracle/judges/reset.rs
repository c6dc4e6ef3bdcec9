//! RESET: after a reset the person begins anew. No session, factor, code or count from before it is left, or comes back.

use super::*;

pub struct Reset;

impl Judge for Reset {
    fn promise(&self) -> &'static str {
        "after a reset nothing old opens anything"
    }

    fn transaction(&self, oracle: &Oracle, _: &Job, t: &Transaction<'_>) -> Verdict {
        for &(old, new) in &t.changed.authenticators {
            let back = old.is_none() && new.is_some_and(|new| oracle.spent.contains(&new.id));
            ensure!(!back, "{new:?} came back");
        }
        for &(old, new) in &t.changed.recovery_codes {
            let back = old.is_none() && new.is_some_and(|new| oracle.spent.contains(&new.mac));
            ensure!(!back, "{new:?} came back");
        }
        let reset = t.is(&["two_factor_reset", "break_glass"]);
        let Some(user) = t.target().filter(|_| reset).and_then(|id| t.after.users.get(id)) else { return Ok(()) };
        let sessions: Vec<&Session> = t.after.sessions.values().filter(|one| one.user_id == user.id).collect();
        ensure!(sessions.is_empty(), "sessions live on: {sessions:?}");
        let authenticators = t.after.authenticators.values().filter(|one| one.user_id == user.id).count();
        let codes = t.after.recovery_codes.values().filter(|one| one.user_id == user.id).count();
        let left = (authenticators, codes, user.must_enrol, user.code_failures);
        ensure!(left == (0, 0, 1, 0), "authenticators, codes, must_enrol, failures: {left:?}");
        let locked = t.after.code_attempts.values().any(|row| row.user_id == user.id);
        ensure!(!locked, "wrong codes still count");
        Ok(())
    }

    fn rows(&self, state: &State) -> Verdict {
        for user in state.users.values().filter(|user| user.must_enrol == 1) {
            ensure!(!state.has_authenticator(&user.id), "an authenticator after a reset: {user:?}");
        }
        Ok(())
    }
}
