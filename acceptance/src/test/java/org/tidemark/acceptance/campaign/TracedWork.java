// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.campaign;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.filesystem.FileSystemStoreProvider;

/** A backup or a recovery in a process of its own. When it is done, it makes a directory, which is seen in a trace. */
final class TracedWork {
    private TracedWork() {}

    /**
     * Usage: {@code backup told repository conninfo data archive work}, {@code recover told repository system target}.
     */
    public static void main(String[] args) throws IOException, InterruptedException {
        ObjectStore store = new FileSystemStoreProvider().open(URI.create(args[2]), Map.of());
        switch (args[0]) {
            case "backup" ->
                new ClusterSource(args[3], Path.of(args[4]), Path.of(args[5]), Path.of(args[6])).backup(store, store);
            case "recover" ->
                new RecoveredDirectory(Path.of(args[4]))
                        .recover(store, SystemIdentifier.parse(args[3]), Optional.empty());
            default -> throw new IllegalArgumentException(args[0]);
        }
        Files.createDirectory(Path.of(args[1]));
    }

    /** What starts it. */
    static List<String> command(String... args) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                TracedWork.class.getName()));
        command.addAll(List.of(args));
        return command;
    }
}
