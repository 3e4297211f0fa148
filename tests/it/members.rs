//! Who belongs to an organization, as what, and how they get in and out (R35, R41, R49).

use std::time::Duration;

use banglachat_tests::{Answer, Member, Shop, TestApp};
use serde_json::json;

const ACCEPT: &str = "/api/v1/invitations/accept";

async fn invite(shop: &Shop, email: &str, role: &str) -> Answer {
    shop.post("/invitations", &json!({"email": email, "role": role}))
        .await
}

/// The token of a new invitation.
async fn invitation(shop: &Shop, email: &str, role: &str) -> String {
    let made = invite(shop, email, role).await.expect(201);
    made["link"]
        .as_str()
        .unwrap()
        .split_once("#token=")
        .unwrap()
        .1
        .to_owned()
}

async fn accept(member: &Member, token: &str) -> Answer {
    member.api.post(ACCEPT, &json!({"token": token})).await
}

async fn set_role(shop: &Shop, whom: &Shop, role: &str) -> Answer {
    shop.patch(
        &format!("/members/{}", whom.member.id),
        &json!({"role": role}),
    )
    .await
}

async fn remove(shop: &Shop, whom: &Shop) -> u16 {
    shop.delete(&format!("/members/{}", whom.member.id))
        .await
        .status
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_is_for_one_address_and_good_once() {
    let app = TestApp::start().await;
    let shop = app.shop().await;
    let (invited, stranger) = (app.register("Karima").await, app.register("Stranger").await);
    let token = invitation(&shop, &invited.email.to_uppercase(), "operator").await;
    let refused = accept(&stranger, &token).await.expect(409);
    assert_eq!(refused["code"], "invitation_for_other_address");
    assert!(
        !refused.to_string().contains(&invited.email),
        "whose it is, is not told"
    );
    let joined = accept(&invited, &token).await.expect(200);
    assert_eq!(
        (&joined["id"], &joined["role"]),
        (&json!(shop.id), &json!("operator"))
    );
    accept(&invited, &token).await.expect(200);
    assert_eq!(shop.as_seen_by(&stranger).get("").await.status, 404);
    // Left: the used link does not lead back in.
    let seen = shop.as_seen_by(&invited);
    assert_eq!(remove(&seen, &seen).await, 204);
    accept(&invited, &token).await.expect(404);
    assert_eq!(seen.get("").await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_ends_when_it_is_revoked_replaced_expired_or_its_inviter_goes() {
    let app = TestApp::start().await;
    let shop = app.shop().await;
    let guest = app.register("Karima").await;
    let replaced = invitation(&shop, &guest.email, "viewer").await;
    let revoked = invitation(&shop, &guest.email, "viewer").await;
    let open = shop
        .all("/invitations")
        .await
        .into_iter()
        .find(|one| one["status"] == "open")
        .unwrap();
    assert_eq!(
        shop.delete(&format!("/invitations/{}", open["id"].as_str().unwrap()))
            .await
            .status,
        204
    );
    let admin = shop.invite("admin").await;
    let orphaned = invitation(&admin, &guest.email, "viewer").await;
    set_role(&shop, &admin, "operator").await.expect(200);
    for (token, why) in [
        (&replaced, "replaced"),
        (&revoked, "revoked"),
        (&orphaned, "inviter is no admin any more"),
    ] {
        assert_eq!(accept(&guest, token).await.status, 404, "{why}");
    }
    let expired = invitation(&shop, &guest.email, "viewer").await;
    app.state.clock.advance(Duration::from_secs(7 * 86_400 + 1));
    let body = json!({"email": guest.email, "password": guest.password});
    let signed_in = app.api.post("/api/v1/auth/login", &body).await.expect(200);
    let later = app
        .api
        .with_token(signed_in["access_token"].as_str().unwrap());
    later
        .post(ACCEPT, &json!({"token": expired}))
        .await
        .expect(404);
    later
        .post(ACCEPT, &json!({"token": "bci_nonsense"}))
        .await
        .expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_gives_more_than_they_have() {
    let app = TestApp::start().await;
    let owner = app.shop().await;
    let (admin, operator, viewer) = (
        owner.invite("admin").await,
        owner.invite("operator").await,
        owner.invite("viewer").await,
    );
    assert_eq!(
        invite(&admin, "x@example.com", "owner").await.status,
        403,
        "an admin invites no owner"
    );
    assert_eq!(
        invite(&operator, "x@example.com", "viewer").await.status,
        403
    );
    for (who, whom, role) in [
        (&admin, &admin, "owner"),
        (&admin, &viewer, "owner"),
        (&admin, &owner, "viewer"),
        (&operator, &viewer, "operator"),
        (&viewer, &viewer, "admin"),
    ] {
        assert_eq!(set_role(who, whom, role).await.status, 403, "{role}");
    }
    for (who, whom) in [(&admin, &owner), (&operator, &viewer), (&viewer, &operator)] {
        assert_eq!(remove(who, whom).await, 403);
    }
    set_role(&admin, &viewer, "operator").await.expect(200);
    set_role(&owner, &viewer, "owner").await.expect(200);
    let roles: Vec<_> = owner
        .all("/members")
        .await
        .iter()
        .map(|member| member["role"].clone())
        .collect();
    assert_eq!(roles, ["owner", "admin", "operator", "owner"]);
    assert_eq!(
        owner
            .all("/audit_log?action=member.role_changed")
            .await
            .len(),
        2,
        "R49"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_role_works_at_the_next_request() {
    let app = TestApp::start().await;
    let owner = app.shop().await;
    let admin = owner.invite("admin").await;
    assert_eq!(admin.get("/audit_log").await.status, 200);
    set_role(&owner, &admin, "viewer").await.expect(200);
    assert_eq!(admin.get("/audit_log").await.status, 403);
    assert_eq!(remove(&owner, &admin).await, 204);
    assert_eq!(admin.get("").await.status, 404);
    assert_eq!(
        admin
            .member
            .api
            .get("/api/v1/organizations")
            .await
            .expect(200)["items"],
        json!([])
    );
    // Coming back is a new invitation's business.
    let token = invitation(&owner, &admin.member.email, "viewer").await;
    accept(&admin.member, &token).await.expect(200);
    assert_eq!(admin.get("").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_organization_always_keeps_an_owner() {
    let app = TestApp::start().await;
    let owner = app.shop().await;
    assert_eq!(
        set_role(&owner, &owner, "admin").await.expect(409)["code"],
        "last_owner"
    );
    assert_eq!(remove(&owner, &owner).await, 409);
    let second = owner.invite("owner").await;
    // Both at once, again and again: by role and by leaving.
    for round in 0..10 {
        let (a, b) = if round % 2 == 0 {
            let (a, b) = tokio::join!(
                set_role(&owner, &owner, "admin"),
                set_role(&second, &second, "admin")
            );
            (a.status, b.status)
        } else {
            let (a, b) = tokio::join!(
                set_role(&owner, &second, "admin"),
                set_role(&second, &owner, "admin")
            );
            (a.status, b.status)
        };
        let owners = app.db.rows(&format!("SELECT user_id FROM memberships WHERE organization_id = '{}' AND role = 'owner' AND ended_at IS NULL", owner.id)).await;
        assert_eq!(owners.len(), 1, "round {round}: {a} and {b}");
        let (left, lost) = if owners[0]["user_id"] == json!(owner.member.id) {
            (&owner, &second)
        } else {
            (&second, &owner)
        };
        set_role(left, lost, "owner").await.expect(200);
    }
    let (a, b) = tokio::join!(remove(&owner, &owner), remove(&second, &second));
    assert_eq!(
        [a, b].iter().filter(|status| **status == 204).count(),
        1,
        "{a} and {b}"
    );
    assert_eq!(
        [a, b].iter().filter(|status| **status == 409).count(),
        1,
        "{a} and {b}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_organization_is_there_for_nobody() {
    let app = TestApp::start().await;
    let owner = app.shop().await;
    let viewer = owner.invite("viewer").await;
    let guest = app.register("Karima").await;
    let token = invitation(&owner, &guest.email, "viewer").await;
    assert_eq!(owner.delete("").await.status, 204);
    for member in [&owner, &viewer] {
        assert_eq!(member.get("").await.status, 404);
        assert_eq!(member.get("/conversations").await.status, 404);
        assert_eq!(
            member
                .member
                .api
                .get("/api/v1/organizations")
                .await
                .expect(200)["items"],
            json!([])
        );
    }
    accept(&guest, &token).await.expect(404);
}
