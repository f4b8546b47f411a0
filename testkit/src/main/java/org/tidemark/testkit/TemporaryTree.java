// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/** Directories with everything in them. Thread-safe. */
public final class TemporaryTree {
    private TemporaryTree() {}

    /** A process that ends with its server, such as a prefetcher, may still write. */
    private static final int MOST_ATTEMPTS = 10;

    /**
     * Deletes a tree, and follows no link in it. It waits some seconds for a process that still writes in it.
     *
     * @throws IllegalArgumentException for {@code /} and for what is directly in it: that is never a test's own
     */
    public static void delete(Path tree) {
        if (tree.toAbsolutePath().normalize().getNameCount() < 2) {
            throw new IllegalArgumentException("not a test's directory: " + tree);
        }
        List<String> remove = List.of("rm", "-rf", "--", tree.toString());
        for (int attempt = 1; attempt < MOST_ATTEMPTS; attempt++) {
            if (Commands.status(remove) == 0) {
                return;
            }
            LockSupport.parkNanos(Duration.ofSeconds(1).toNanos());
        }
        Commands.run(remove);
    }

    /** Copies with owner, rights, times and links. {@code to} must not exist. */
    public static void copy(Path from, Path to) {
        Commands.run(List.of("cp", "-a", "--reflink=auto", "--no-target-directory", from.toString(), to.toString()));
    }
}
