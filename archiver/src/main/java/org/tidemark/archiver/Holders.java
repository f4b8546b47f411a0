// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver;

import java.util.List;
import org.tidemark.catalog.RepositoryId;

/** The repositories from which an object is copied that is queued by its name alone. */
@FunctionalInterface
public interface Holders {
    /**
     * One of them.
     *
     * @param name what the operator calls it
     */
    record Holder(String name, PushTarget.Opening opening) {}

    /**
     * The repositories that may hold what {@code repository} held: that one first, if it is configured, whatever its
     * keys; then those whose objects are encrypted to the same keys as those of the repository that is filled.
     */
    List<Holder> startingWith(RepositoryId repository);
}
