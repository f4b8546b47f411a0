// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.setup;

import java.util.Random;
import java.util.UUID;
import org.tidemark.catalog.layout.ObjectName;
import org.tidemark.config.RepositorySettings;
import org.tidemark.session.Session;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.selftest.HostileTest;
import org.tidemark.store.selftest.HostileTest.Outcome;

/**
 * What an intruder with this host's credentials could do to one repository ({@code init --test --hostile}). Immutable.
 *
 * @param repository its name, or its address if it is not configured
 * @param store the description of its store
 */
public record HostileRepositoryTest(String repository, String store, HostileTest.Report report) {
    /** Tries it with scratch objects, and removes them where the store allows it. The repository need not exist. */
    public static HostileRepositoryTest run(Session session, RepositorySettings settings) {
        ObjectStore store = session.repositories().store(settings);
        String prefix = ObjectName.Scratch.of(UUID.randomUUID()).key() + "/";
        return new HostileRepositoryTest(
                settings.name(), store.description(), new HostileTest(store, prefix, new Random()).run());
    }

    /** Whether nothing that is stored can be destroyed, at least before its lock ends. */
    public boolean isSafe() {
        return report.outcome() == Outcome.CANNOT_DESTROY
                || report.outcome() == Outcome.CANNOT_DESTROY_BEFORE_LOCK_ENDS;
    }
}
