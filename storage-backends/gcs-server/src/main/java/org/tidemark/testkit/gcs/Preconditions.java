// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit.gcs;

import java.util.Optional;
import java.util.OptionalLong;

/**
 * Under which condition a request goes ahead. Immutable.
 *
 * @param generation of the object; 0 if there must be none
 * @see <a href="https://cloud.google.com/storage/docs/request-preconditions">Request preconditions</a>
 */
record Preconditions(OptionalLong generation) {
    static Preconditions of(Query query) {
        return new Preconditions(query.number("ifGenerationMatch"));
    }

    void check(Optional<StoredObject> live) {
        long actual = live.map(StoredObject::generation).orElse(0L);
        if (generation.isPresent() && generation.getAsLong() != actual) {
            throw ApiError.conditionNotMet("ifGenerationMatch");
        }
    }
}
