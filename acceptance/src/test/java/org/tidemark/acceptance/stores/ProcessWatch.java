// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.stores;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Looks at the arguments of every process of this machine, some fifty times a second, as any of its users can. A
 * process that lives for less than that may escape it. Thread-safe.
 */
final class ProcessWatch implements AutoCloseable {
    private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

    /** A young process may still become another program: it is looked at each time, an old one now and then. */
    private static final int YOUNG_LOOKS = 100;

    private static final int EVERY = 50;

    private final Map<String, String> wanted = new HashMap<>();
    private final Set<String> found = new TreeSet<>();
    private final Thread thread = Thread.ofPlatform().name("process-watch").unstarted(this::watch);
    private volatile boolean ended;

    /** Starts to look for these texts. */
    ProcessWatch(List<String> texts) {
        texts.forEach(text -> wanted.put(bytes(text), text));
        thread.start();
    }

    private static String bytes(String text) {
        return new String(text.getBytes(StandardCharsets.UTF_8), ISO_8859_1);
    }

    private void watch() {
        Map<String, Integer> looks = new HashMap<>();
        while (!ended) {
            Map<String, Integer> now = new HashMap<>();
            try (DirectoryStream<Path> processes = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
                for (Path process : processes) {
                    String id = process.getFileName().toString();
                    int count = looks.getOrDefault(id, 0);
                    if (count < YOUNG_LOOKS || count % EVERY == 0) {
                        look(process);
                    }
                    now.put(id, count + 1);
                }
            } catch (IOException e) {
                throw new IllegalStateException("processes cannot be looked at", e);
            }
            looks = now;
            LockSupport.parkNanos(PAUSE_NANOS);
        }
    }

    private void look(Path process) {
        String arguments;
        try {
            arguments = Files.readString(process.resolve("cmdline"), ISO_8859_1);
        } catch (IOException e) {
            // It has ended.
            return;
        }
        wanted.forEach((bytes, text) -> {
            if (arguments.contains(bytes)) {
                synchronized (found) {
                    found.add(text);
                }
            }
        });
    }

    /** Those of the texts that were in the arguments of a process so far. */
    List<String> found() {
        synchronized (found) {
            return new ArrayList<>(found);
        }
    }

    @Override
    public void close() {
        ended = true;
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
