// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Ports of the loopback interface that nobody listens on at this moment. They are below those that Linux gives to
 * outgoing connections (32768 to 60999), so that none is taken by a client before its server has started. A port is
 * this JVM's until it ends: by a lock on a file of this machine, since two modules are tested at a time. Thread-safe.
 */
public final class FreePort {
    private static final int FIRST = 15_000;
    private static final int END = 32_000;
    private static final int TRIES = 1_000;

    private static final Path LOCKS = Path.of(System.getProperty("java.io.tmpdir"), "tidemark-test-ports");

    /** With the open files that hold their locks. */
    private static final Map<Integer, FileChannel> GIVEN = new ConcurrentHashMap<>();

    private FreePort() {}

    public static int next() {
        try {
            makeDirectory();
            for (int tried = 0; tried < TRIES; tried++) {
                int port = ThreadLocalRandom.current().nextInt(FIRST, END);
                if (take(port) && isFree(port)) {
                    return port;
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        throw new IllegalStateException("no port of " + TRIES + " between " + FIRST + " and " + END + " is free");
    }

    /** For every user of this machine, as the directory above it. */
    private static void makeDirectory() throws IOException {
        if (Files.isDirectory(LOCKS)) {
            return;
        }
        try {
            Files.createDirectory(LOCKS);
            Files.setPosixFilePermissions(LOCKS, PosixFilePermissions.fromString("rwxrwxrwx"));
        } catch (FileAlreadyExistsException e) {
            // Another JVM was faster.
        }
    }

    /** Whether the port is now this JVM's, which it was not before. */
    private static synchronized boolean take(int port) {
        if (GIVEN.containsKey(port)) {
            return false; // and closing the same file again would end the lock
        }
        Path lock = LOCKS.resolve(Integer.toString(port));
        try {
            FileChannel file = FileChannel.open(lock, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            if (file.tryLock() == null) {
                file.close();
                return false;
            }
            GIVEN.put(port, file);
            openToAll(lock);
            return true;
        } catch (IOException e) {
            return false; // another user's file, of this moment
        }
    }

    /** Otherwise another user could never have this port. */
    private static void openToAll(Path lock) {
        try {
            Files.setPosixFilePermissions(lock, PosixFilePermissions.fromString("rw-rw-rw-"));
        } catch (IOException e) {
            // Its owner has done so.
        }
    }

    private static boolean isFree(int port) {
        try (ServerSocket _ = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
            return true;
        } catch (IOException e) {
            return false;
        }
    }
}
