// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.campaign;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.tidemark.backup.request.BackupListener;
import org.tidemark.backup.source.SourceMethod;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.core.WalFile;
import org.tidemark.store.DelegatingStore;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.StorageException;
import org.tidemark.store.filesystem.FileSystemStoreProvider;

/** A backup in a process of its own, which stops at one place, says so, and waits there until it is killed. */
final class StoppedBackup {
    /** Where it stops. */
    enum Stop {
        BEFORE_CLAIM,
        AFTER_CLAIM,
        IN_BACKUP_MODE,
        COPYING,
        WITHIN_BUNDLE,
        AFTER_BUNDLE,
        WITHIN_MANIFEST,
        AWAITING_WAL,
        BEFORE_BUNDLE_LIST,
        BEFORE_PUBLICATION,
        AFTER_PUBLICATION
    }

    private final Stop stop;
    private final Path told;

    private StoppedBackup(Stop stop, Path told) {
        this.stop = stop;
        this.told = told;
    }

    /** Usage: {@code method stop told repository conninfo data archive work}. */
    public static void main(String[] args) throws IOException {
        ObjectStore store = new FileSystemStoreProvider().open(URI.create(args[3]), Map.of());
        ClusterSource source = new ClusterSource(args[4], Path.of(args[5]), Path.of(args[6]), Path.of(args[7]));
        StoppedBackup stopped = new StoppedBackup(Stop.valueOf(args[1]), Path.of(args[2]));
        source.backup(
                SourceMethod.of(args[0]).orElseThrow(),
                stopped.new StoppingStore(store),
                stopped.new StoppingListener(source.pushing(store)));
    }

    /** What starts it. */
    static List<String> command(SourceMethod method, Stop stop, Path told, URI repository, ClusterSource source) {
        return new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-XX:TieredStopAtLevel=1",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                StoppedBackup.class.getName(),
                method.toString(),
                stop.name(),
                told.toString(),
                repository.toString(),
                source.conninfo(),
                source.data().toString(),
                source.archive().toString(),
                source.work().toString()));
    }

    private void reach(Stop here) {
        if (here == stop) {
            try {
                Files.createDirectory(told);
                new CountDownLatch(1).await();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private final class StoppingStore extends DelegatingStore {
        StoppingStore(ObjectStore store) {
            super(store);
        }

        @Override
        public void putIfAbsent(ObjectKey key, ObjectSource source) throws StorageException {
            String name = key.value();
            if (name.endsWith("/intent.json")) {
                reach(Stop.BEFORE_CLAIM);
                super.putIfAbsent(key, source);
                reach(Stop.AFTER_CLAIM);
            } else if (name.contains("/bundle/")) {
                super.putIfAbsent(key, new StoppingSource(source, Stop.WITHIN_BUNDLE));
                reach(Stop.AFTER_BUNDLE);
            } else if (name.contains("/manifest/")) {
                super.putIfAbsent(key, new StoppingSource(source, Stop.WITHIN_MANIFEST));
            } else if (name.endsWith("/bundles")) {
                reach(Stop.BEFORE_BUNDLE_LIST);
                super.putIfAbsent(key, source);
            } else if (name.endsWith("/backup.json")) {
                reach(Stop.BEFORE_PUBLICATION);
                super.putIfAbsent(key, source);
                reach(Stop.AFTER_PUBLICATION);
            } else {
                super.putIfAbsent(key, source);
            }
        }
    }

    /** Stops when a part of it was stored. */
    private final class StoppingSource implements ObjectSource {
        private final ObjectSource source;
        private final Stop within;

        StoppingSource(ObjectSource source, Stop within) {
            this.source = source;
            this.within = within;
        }

        @Override
        public long sizeBytes() {
            return source.sizeBytes();
        }

        @Override
        public InputStream open() throws IOException {
            return new FilterInputStream(source.open()) {
                private boolean begun;

                @Override
                public int read(byte[] to, int offset, int length) throws IOException {
                    if (begun) {
                        reach(within);
                    }
                    begun = true;
                    return super.read(to, offset, Math.min(length, 100));
                }
            };
        }

        @Override
        public InputStream inspect() throws IOException {
            return source.inspect();
        }
    }

    private final class StoppingListener implements BackupListener {
        private final BackupListener listener;

        StoppingListener(BackupListener listener) {
            this.listener = listener;
        }

        @Override
        public void phase(BackupId id, Phase phase) {
            switch (phase) {
                case COPYING -> reach(Stop.IN_BACKUP_MODE);
                case AWAITING_WAL -> reach(Stop.AWAITING_WAL);
                case STARTING, FINISHING -> {}
            }
        }

        @Override
        public void progress(long bytesRead, long bytesExpected, long bytesStored) {
            if (bytesRead > 0) {
                reach(Stop.COPYING);
            }
        }

        @Override
        public void awaitingWal(WalFile missing, String repository, Duration waited, String hint) {
            listener.awaitingWal(missing, repository, waited, hint);
        }

        @Override
        public void source(SourceMethod used, String reason) {}

        @Override
        public void warning(String message) {}
    }
}
