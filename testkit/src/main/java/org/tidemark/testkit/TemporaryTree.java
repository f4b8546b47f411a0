// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit;

import java.nio.file.Path;
import java.util.List;

/** Directories with everything in them. Thread-safe. */
public final class TemporaryTree {
    private TemporaryTree() {}

    /**
     * Deletes a tree, and follows no link in it.
     *
     * @throws IllegalArgumentException for {@code /} and for what is directly in it: that is never a test's own
     */
    public static void delete(Path tree) {
        if (tree.toAbsolutePath().normalize().getNameCount() < 2) {
            throw new IllegalArgumentException("not a test's directory: " + tree);
        }
        Commands.run(List.of("rm", "-rf", "--", tree.toString()));
    }

    /** Copies with owner, rights, times and links. {@code to} must not exist. */
    public static void copy(Path from, Path to) {
        Commands.run(List.of("cp", "-a", "--reflink=auto", "--no-target-directory", from.toString(), to.toString()));
    }
}
