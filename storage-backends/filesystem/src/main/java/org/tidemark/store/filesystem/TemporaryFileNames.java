// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.filesystem;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.zip.CRC32C;

/**
 * The names of temporary files, which identify the writing process: 8 hexadecimal digits for the boot of this system
 * and its PID namespace, 6 for the process, and 2 random ones. So a later process of the same host can remove the files
 * of a killed process. It leaves the files of other hosts and containers alone, because it cannot know whether their
 * processes are alive. Thread-safe.
 */
final class TemporaryFileNames {
    private static final Path PROC = Path.of("/proc");
    private static final int PROCESS_DIGITS = 6;
    private static final int NAME_DIGITS = 16;
    private static final int HOST_DIGITS = 8;

    private final String host;
    private final String process;
    private final Set<Path> swept = ConcurrentHashMap.newKeySet();

    private TemporaryFileNames(String host, String process) {
        this.host = host;
        this.process = process;
    }

    /** The names for this process. If {@code /proc} cannot be read, names are random and no file is removed. */
    static TemporaryFileNames ofThisProcess() {
        try {
            CRC32C sum = new CRC32C();
            sum.update(Files.readAllBytes(PROC.resolve("sys/kernel/random/boot_id")));
            sum.update(Files.readSymbolicLink(PROC.resolve("self/ns/pid"))
                    .toString()
                    .getBytes(StandardCharsets.UTF_8));
            long id =
                    Long.parseLong(Files.readSymbolicLink(PROC.resolve("self")).toString());
            return new TemporaryFileNames(hex(sum.getValue(), HOST_DIGITS), hex(id, PROCESS_DIGITS));
        } catch (IOException | NumberFormatException | UnsupportedOperationException e) {
            return new TemporaryFileNames("", "");
        }
    }

    private static String hex(long value, int digits) {
        String hex = Long.toHexString(value);
        return "0".repeat(Math.max(0, digits - hex.length())) + hex;
    }

    /** The rest of a new temporary file's name: the digits of the writer and random digits. */
    String newNumber() {
        ThreadLocalRandom random = ThreadLocalRandom.current();
        return host.isEmpty()
                ? Long.toHexString(random.nextLong())
                : host + process + hex(random.nextInt(1 << 8), NAME_DIGITS - HOST_DIGITS - PROCESS_DIGITS);
    }

    /** Removes the files that dead processes of this host left in a directory; examines each directory once. */
    void sweep(Path directory) {
        if (host.isEmpty() || !swept.add(directory)) {
            return;
        }
        String[] names = directory.toFile().list();
        if (names == null) {
            return; // the directory cannot be read; the following write fails with the reason
        }
        String ours = TemporaryFile.PREFIX + host;
        for (String name : names) {
            if (name.startsWith(ours) && name.length() == TemporaryFile.PREFIX.length() + NAME_DIGITS) {
                String writer = name.substring(ours.length(), ours.length() + PROCESS_DIGITS);
                if (hasEnded(writer)) {
                    remove(directory.resolve(name));
                }
            }
        }
    }

    private static void remove(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            // The file belongs to another user. The check command reports it after a day.
        }
    }

    private boolean hasEnded(String writer) {
        try {
            return !writer.equals(process) && Files.notExists(PROC.resolve(Long.toString(Long.parseLong(writer, 16))));
        } catch (NumberFormatException e) {
            return false; // not a process id
        }
    }
}
