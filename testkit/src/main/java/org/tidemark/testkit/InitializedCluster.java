// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Data directories as initdb leaves them, but for the databases template0 and template1 where a test does not ask for
 * them: two thirds of the files that each backup, copy and restore would handle. initdb takes about a second, so within
 * one JVM it runs once for each set of options, and what it made is copied. Copies share their system identifier.
 * Thread-safe.
 */
final class InitializedCluster {
    private record Options(PostgresBinaries binaries, List<String> arguments, boolean templates) {}

    private static final String DROP_TEMPLATES = """
            UPDATE pg_database SET datistemplate = false
            DROP DATABASE template0
            DROP DATABASE template1
            """;

    private static final Map<Options, Path> TEMPLATES = new ConcurrentHashMap<>();

    private InitializedCluster() {}

    /** Makes the data directory {@code to}, as a copy of one that was made before with the same options. */
    static void copyTo(Path to, PostgresBinaries binaries, List<String> arguments, boolean templates) {
        Path template =
                TEMPLATES.computeIfAbsent(new Options(binaries, arguments, templates), InitializedCluster::template);
        TemporaryTree.copy(template, to);
    }

    /** Makes the data directory {@code to} with a system identifier of its own. */
    static void create(Path to, PostgresBinaries binaries, List<String> arguments, boolean templates) {
        List<String> command = new ArrayList<>();
        command.add(binaries.programs().resolve("initdb").toString());
        command.addAll(List.of("--no-sync", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C"));
        command.addAll(arguments);
        command.addAll(List.of("-D", to.toString()));
        Commands.run(OperatingUser.current().command(command), Map.of("LC_ALL", "C"));
        if (!templates) {
            dropTemplates(to, binaries);
        }
    }

    private static void dropTemplates(Path data, PostgresBinaries binaries) {
        String postgres = binaries.programs().resolve("postgres").toString();
        // Each line of its input is a statement. -F: nobody waits for the disk.
        List<String> server = List.of(postgres, "--single", "-F", "-D", data.toString(), "postgres");
        Commands.run(OperatingUser.current().command(server), Map.of("LC_ALL", "C"), DROP_TEMPLATES);
    }

    private static Path template(Options options) {
        Path directory = OperatingUser.current().newTemporaryDirectory("tidemark-initdb");
        Runtime.getRuntime().addShutdownHook(new Thread(() -> TemporaryTree.delete(directory)));
        Path data = directory.resolve("data");
        create(data, options.binaries(), options.arguments(), options.templates());
        return data;
    }
}
