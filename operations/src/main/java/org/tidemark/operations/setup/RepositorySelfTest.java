// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.setup;

import java.time.Clock;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import org.tidemark.catalog.layout.ObjectName;
import org.tidemark.config.RepositorySettings;
import org.tidemark.session.Session;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.selftest.SelfTestResult;
import org.tidemark.store.selftest.SelfTestResult.Verdict;
import org.tidemark.store.selftest.StoreSelfTest;

/**
 * The self-test of one repository's store ({@code init --test}). Immutable.
 *
 * @param repository its name, or its address if it is not configured
 * @param store the description of its store
 * @param results in the order of the tests
 */
public record RepositorySelfTest(String repository, String store, List<SelfTestResult> results) {
    public RepositorySelfTest {
        results = List.copyOf(results);
    }

    /** Tests with scratch objects, and removes them where the credentials allow it. The repository need not exist. */
    public static RepositorySelfTest run(Session session, RepositorySettings settings, Clock clock) {
        ObjectStore store = session.repositories().store(settings);
        String prefix = ObjectName.Scratch.of(UUID.randomUUID()).key() + "/";
        return new RepositorySelfTest(
                settings.name(), store.description(), new StoreSelfTest(store, prefix, clock, new Random()).run());
    }

    /** Whether the store keeps every promise that is required for safety. */
    public boolean isUsable() {
        return results.stream()
                .noneMatch(result -> result.verdict() == Verdict.BROKEN || result.verdict() == Verdict.UNKNOWN);
    }
}
