//! The pages of invitations where mail is sent, and of starting over.

use airlock_tests::Browser;

use super::Walk;
use crate::invitations::opened;

impl<'w> Walk<'w> {
    /// All of them.
    pub(super) fn mailed(&mut self, owner: &Browser<'w>) {
        self.world.configure_mail(true);
        let new = "account=bolt&email=leo%40acme.test&name=Newcomer&role=member";
        self.see(200, "invited by mail", owner.follow(owner.submit("/members", new)));
        self.see(200, "members, not proven", owner.open("/members?account=acme"));
        self.see(200, "member, not proven", owner.open("/members/mia?account=acme"));
        self.world.poked();
        let link = self.world.post.to("leo@acme.test").last().unwrap().link().to_owned();
        let leo = self.browser();
        self.see(200, "invitation by mail", opened(&leo, &link));
        let page = "/auth/start-over";
        self.see(200, "start over?", leo.open(page));
        self.see(400, "start over, unsure", leo.fill(page, page, "password=seven+grey+herons+wade"));
        for _ in 0..4 {
            owner.submit("/members", new).expect(303);
        }
        self.see(429, "enough invitations", owner.submit("/members", new));
        self.world.configure_mail(false);
    }
}
