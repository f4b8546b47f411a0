// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.scale;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Objects;
import java.util.Optional;
import org.tidemark.config.ConfigurationLoader;
import org.tidemark.config.Environment;
import org.tidemark.config.RepositorySettings;
import org.tidemark.config.repository.StoreFactory;
import org.tidemark.core.Workers;
import org.tidemark.store.ObjectStore;

/** Fills a repository with backups of small objects, which bench/expire.sh lets expire. */
final class ExpiryBenchmark {
    private static final int WRITERS = 16;

    private ExpiryBenchmark() {}

    /** Arguments: the configuration, the repository, how many backups, bundles of each, segments after each. */
    public static void main(String[] arguments) throws IOException {
        Path config = Path.of(arguments[0]).toAbsolutePath();
        Path work = Files.createTempDirectory("tidemark-bench");
        RepositorySettings settings = Objects.requireNonNull(
                new ConfigurationLoader(new Environment(System.getenv(), work, work, work), Clock.systemUTC())
                        .loadWithoutCache(Optional.of(config))
                        .configuration()
                        .repositories()
                        .get(arguments[1]));
        StoreFactory.createRoot(settings);
        try (ObjectStore store = StoreFactory.open(settings)) {
            fill(
                    SimulatedRepository.in(store, work),
                    Integer.parseInt(arguments[2]),
                    Integer.parseInt(arguments[3]),
                    Integer.parseInt(arguments[4]));
        }
    }

    private static void fill(SimulatedRepository repository, int backups, int bundles, int segments)
            throws IOException {
        try (Workers workers = new Workers("fill", WRITERS)) {
            for (int backup = 0; backup < backups; backup++) {
                int number = backup;
                workers.submit(
                        () -> repository.expirable(backups - number, bundles, (long) number * segments + 1, segments));
            }
            workers.await();
        }
    }
}
