// SPDX-License-Identifier: Apache-2.0
package org.tidemark.watch.check;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.tidemark.catalog.Repository;
import org.tidemark.config.ClusterSettings;
import org.tidemark.config.RepositorySettings;
import org.tidemark.core.ClusterName;
import org.tidemark.core.Finding;
import org.tidemark.store.DelegatingStore;
import org.tidemark.store.MemoryStore;

/** Buckets with such rules are tested with the stores. */
class StoreRemarksCheckTest {
    private static final Clock CLOCK = Clock.systemUTC();
    private static final ClusterSettings CLUSTER = new ClusterSettings(
            new ClusterName("main"),
            Optional.empty(),
            Optional.empty(),
            List.of(),
            OptionalInt.empty(),
            ClusterSettings.CheckSettings.DEFAULT,
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty());

    /** A store whose bucket has a rule. */
    private static final class Ruled extends DelegatingStore {
        private final Finding rule;

        Ruled(Finding rule) {
            super(new MemoryStore(CLOCK));
            this.rule = rule;
        }

        @Override
        public List<Finding> remarks() {
            return List.of(rule);
        }
    }

    private static Finding found(Finding rule) throws IOException {
        Repository repository = Repository.create(new Ruled(rule), CLOCK);
        RepositorySettings settings = RepositorySettings.at(URI.create("s3://bucket/prefix"));
        return new StoreRemarksCheck()
                .look(new CheckedRepository(
                        new CheckRequest(Duration.ofMinutes(1), false, false),
                        CLUSTER,
                        settings,
                        Optional.empty(),
                        repository,
                        Optional.empty(),
                        CLOCK))
                .getFirst();
    }

    @Test
    void whatTheStoreSaysKeepsItsSeverityAndItsHint() throws IOException {
        Finding expires = found(Finding.critical("lifecycle", "objects expire after 7 days", "Remove the rule."));

        assertThat(expires)
                .isEqualTo(Subject.STORE
                        .critical("'s3://bucket/prefix', lifecycle: objects expire after 7 days", "Remove the rule.")
                        .of("s3://bucket/prefix"));
        assertThat(found(Finding.ok("lock", "objects are locked for 30 days")).severity())
                .isEqualTo(Finding.Severity.OK);
    }
}
