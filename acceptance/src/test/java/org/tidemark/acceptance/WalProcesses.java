// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.tidemark.testkit.PostgresServer;

/** The processes of archive_command, which PostgreSQL starts in its data directory. */
public final class WalProcesses {
    /** Java alone, without the shells above it. */
    public static final String JAVA = "WalMain";
    /** Java, the launcher, and the shell between the two. */
    public static final String ALL = "wal-push";

    private WalProcesses() {}

    /** Those of a server whose command lines contain this text. */
    public static List<ProcessHandle> of(PostgresServer server, String text) throws IOException {
        Path dataDirectory = server.dataDirectory().toRealPath();
        return ProcessHandle.allProcesses()
                .filter(process -> isIn(dataDirectory, process, text))
                .toList();
    }

    private static boolean isIn(Path dataDirectory, ProcessHandle process, String text) {
        Path of = Path.of("/proc", Long.toString(process.pid()));
        try {
            return Files.readSymbolicLink(of.resolve("cwd")).equals(dataDirectory)
                    && Files.readString(of.resolve("cmdline")).contains(text);
        } catch (IOException e) {
            return false; // it has ended
        }
    }
}
