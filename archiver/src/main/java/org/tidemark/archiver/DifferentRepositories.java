// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.tidemark.catalog.RepositoryId;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;

/**
 * Ensures that no two repositories of a push are the same one. Under two names it would be counted twice; and a
 * repository would be given what is queued for a copy of its files.
 */
final class DifferentRepositories {
    private DifferentRepositories() {}

    /** @throws UserFacingException with USAGE if two of them have the same id, as far as ids are known */
    static void require(List<PushAttempt> attempts) {
        Map<RepositoryId, String> names = new HashMap<>();
        for (PushAttempt attempt : attempts) {
            Optional<RepositoryId> id = attempt.repository();
            if (id.isEmpty()) {
                continue;
            }
            String other = names.put(id.get(), attempt.target().name());
            if (other != null) {
                throw new UserFacingException(
                        ExitCode.USAGE,
                        "'" + other + "' and '" + attempt.target().name() + "' are the same repository, " + id.get(),
                        "Correct the addresses; see them with: tidemark config. If one was made by copying the files of"
                                + " the other, create it again: tidemark init, then tidemark sync.");
            }
        }
    }
}
