//! Pages of a day to come and of exemptions, in each language.

use airlock_tests::Browser;

use super::Walk;

impl Walk<'_> {
    /// What an admin looks at before, and what someone sees whom it will stop.
    pub(super) fn look_ahead(&mut self, owner: &Browser<'_>, settings: &str) {
        let preview = format!("{settings}/preview?account=acme&applies=now");
        self.see(200, "preview", owner.open(&preview));
        self.see(400, "preview, no day", owner.open(&format!("{preview}&starts_at=2026-01-01")));
        let from = "account=acme&required=true&applies=now&starts_at=2027-02-01";
        self.see(200, "required from", owner.follow(owner.submit(settings, from)));
        let mia = self.browser();
        mia.login("mia@acme.test").expect(200).field("next", "done");
        self.see(200, "offer", mia.open("/auth/two-factor/offer"));
        self.see(200, "profile, from a day on", mia.open("/auth/profile"));
        let exempt = "account=acme&until=2027-03-01&reason=zzz";
        self.see(200, "exempt", owner.follow(owner.submit("/members/mia/exempt", exempt)));
        self.see(200, "exempt ones", owner.open(&format!("{settings}?account=acme&two_factor=exempt")));
        self.see(200, "profile, exempt", mia.open("/auth/profile"));
        owner.submit("/members/mia/end-exemption", "account=acme").expect(303);
        self.see(400, "no exemption", owner.submit("/members/mia/exempt", "account=acme&until=&reason=zzz"));
        self.see(200, "members", owner.open("/members?account=acme"));
        self.see(200, "members, none", owner.open("/members?account=acme&q=zzz"));
        owner.submit(settings, "account=acme&required=false").expect(303);
    }
}
