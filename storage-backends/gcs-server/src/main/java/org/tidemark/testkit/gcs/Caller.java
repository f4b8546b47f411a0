// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit.gcs;

import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Who sent a request, and what they may do. Immutable. */
record Caller(Set<Right> rights) {
    Caller {
        rights = Set.copyOf(rights);
    }

    /**
     * By its bearer token; without tokens anybody may do everything.
     *
     * @param tokens the tokens that are valid, with their rights
     */
    static Caller of(Optional<String> authorization, Map<String, Set<Right>> tokens) {
        if (tokens.isEmpty()) {
            return new Caller(Set.of(Right.values()));
        }
        String given = authorization.orElseThrow(ApiError::loginRequired);
        Optional<Set<Right>> rights = given.startsWith("Bearer ")
                ? Optional.ofNullable(
                        tokens.get(given.substring("Bearer ".length()).strip()))
                : Optional.empty();
        return new Caller(rights.orElseThrow(ApiError::invalidCredentials));
    }

    boolean may(Right right) {
        return rights.contains(right);
    }

    void require(Right right) {
        if (!may(right)) {
            throw ApiError.forbidden("the caller does not have " + right.permission()
                    + " access. Permission '" + right.permission()
                    + "' denied on resource (or it may not exist).");
        }
    }
}
