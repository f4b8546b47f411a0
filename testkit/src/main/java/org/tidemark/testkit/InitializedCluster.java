// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Data directories as initdb leaves them. initdb takes about a second, so within one JVM it runs once for each set of
 * options, and what it made is copied. Copies share their system identifier. Thread-safe.
 */
final class InitializedCluster {
    private record Options(PostgresBinaries binaries, List<String> arguments) {}

    private static final Map<Options, Path> TEMPLATES = new ConcurrentHashMap<>();

    private InitializedCluster() {}

    /** Makes the data directory {@code to}, as a copy of one that was made before with the same options. */
    static void copyTo(Path to, PostgresBinaries binaries, List<String> arguments) {
        Path template = TEMPLATES.computeIfAbsent(new Options(binaries, arguments), InitializedCluster::template);
        TemporaryTree.copy(template, to);
    }

    /** Makes the data directory {@code to} with a system identifier of its own. */
    static void create(Path to, PostgresBinaries binaries, List<String> arguments) {
        List<String> command = new ArrayList<>();
        command.add(binaries.programs().resolve("initdb").toString());
        command.addAll(List.of("--no-sync", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C"));
        command.addAll(arguments);
        command.addAll(List.of("-D", to.toString()));
        Commands.run(OperatingUser.current().command(command), Map.of("LC_ALL", "C"));
    }

    private static Path template(Options options) {
        Path directory = OperatingUser.current().newTemporaryDirectory("tidemark-initdb");
        Runtime.getRuntime().addShutdownHook(new Thread(() -> TemporaryTree.delete(directory)));
        Path data = directory.resolve("data");
        create(data, options.binaries(), options.arguments());
        return data;
    }
}
