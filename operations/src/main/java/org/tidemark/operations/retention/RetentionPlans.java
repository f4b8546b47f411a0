// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.retention;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.operations.RepositoryReadings;
import org.tidemark.operations.Session;
import org.tidemark.retention.RetentionPolicy;
import org.tidemark.retention.RetentionSettings;

/**
 * What retention does in each repository of a session, by the repository's own policy. A repository that cannot be read
 * does not keep the others from it. Nothing is changed. Immutable; usable while the session is open.
 */
public final class RetentionPlans {
    private final List<PlannedArchive> planned = new ArrayList<>();
    private final RepositoryReadings repositories;

    private RetentionPlans(Session session, UnaryOperator<RetentionSettings> settingsOf, Instant now) {
        repositories = RepositoryReadings.of(session, settings -> {
            List<PlannedArchive> found = new ArrayList<>();
            for (ClusterArchive archive : session.incarnations(session.repository(settings))) {
                found.add(PlannedArchive.read(
                        session, settings.name(), archive, settingsOf.apply(settings.retention()), now));
            }
            planned.addAll(found);
        });
    }

    /** By the configured policies. */
    public static RetentionPlans of(Session session, Instant now) {
        return new RetentionPlans(session, settings -> settings, now);
    }

    /** By the same policy in every repository; the other settings are those of each. */
    public static RetentionPlans with(Session session, RetentionPolicy policy, Instant now) {
        return new RetentionPlans(session, settings -> settings.with(policy), now);
    }

    /** One for each incarnation in each repository that was read, in the order of the repositories. */
    public List<PlannedArchive> planned() {
        return List.copyOf(planned);
    }

    /** Which repositories could be read. */
    public RepositoryReadings repositories() {
        return repositories;
    }
}
