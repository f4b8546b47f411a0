// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit.gcs;

import java.util.Set;

/**
 * A predefined role, with those of its permissions that the server looks at.
 *
 * @see <a href="https://cloud.google.com/storage/docs/access-control/iam-roles">IAM roles for Cloud Storage</a>
 */
public enum Role {
    /** No right at all, as an account that was granted nothing. */
    NONE(Set.of()),
    /** roles/storage.objectViewer. */
    OBJECT_VIEWER(Set.of(Right.GET, Right.LIST)),
    /** roles/storage.objectCreator: neither reads, nor lists, nor replaces. */
    OBJECT_CREATOR(Set.of(Right.CREATE)),
    /** roles/storage.objectUser. */
    OBJECT_USER(Set.of(Right.CREATE, Right.GET, Right.LIST, Right.DELETE)),
    /** roles/storage.objectAdmin. */
    OBJECT_ADMIN(Set.of(Right.CREATE, Right.GET, Right.LIST, Right.DELETE, Right.SET_RETENTION));

    @SuppressWarnings("ImmutableEnumChecker")
    private final Set<Right> rights;

    Role(Set<Right> rights) {
        this.rights = rights;
    }

    /** What the role grants. */
    public Set<Right> rights() {
        return rights;
    }
}
