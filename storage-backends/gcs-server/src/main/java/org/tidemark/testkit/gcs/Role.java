// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit.gcs;

import java.util.Set;

/**
 * A predefined role, with the permissions that the server checks.
 *
 * @see <a href="https://cloud.google.com/storage/docs/access-control/iam-roles">IAM roles for Cloud Storage</a>
 */
public enum Role {
    /** No permission, like an account that was granted nothing. */
    NONE,
    /** roles/storage.objectViewer. */
    OBJECT_VIEWER("get", "list"),
    /** roles/storage.objectCreator: neither reads, nor lists, nor deletes. */
    OBJECT_CREATOR("create"),
    /** roles/storage.objectUser. */
    OBJECT_USER("create", "get", "list", "delete"),
    /** roles/storage.objectAdmin. */
    OBJECT_ADMIN("create", "get", "list", "delete", "setRetention"),
    /** roles/storage.admin. */
    ADMIN(
            "create",
            "get",
            "list",
            "delete",
            "setRetention",
            "buckets.get",
            "buckets.update",
            "buckets.setIamPolicy",
            "buckets.delete");

    @SuppressWarnings("ImmutableEnumChecker")
    private final Set<String> actions;

    Role(String... actions) {
        this.actions = Set.of(actions);
    }

    /** The bearer token with which a caller has this role. */
    public String token() {
        return "token-of-" + name();
    }

    /** Whether the role has a permission, such as storage.objects.get. */
    boolean has(String permission) {
        return actions.contains(permission.replaceFirst("^storage\\.(objects\\.)?", ""));
    }

    void require(String permission) {
        if (!has(permission)) {
            throw new Refusal(403, "forbidden", "the caller does not have " + permission + " access");
        }
    }
}
