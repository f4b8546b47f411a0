// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore.host;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Writes everything to the disk that a file system has not written yet, with one call of syncfs(2). An fsync of each of
 * a million small files would wait for the disk a million times. The call reports the failed writes of all files since
 * this was opened, even if another process was told of them before. Not thread-safe.
 */
public final class FileSystemSync implements AutoCloseable {
    /** The file systems on which syncfs is known to make all files durable, and to report it if it could not. */
    private static final Set<String> FILE_SYSTEMS = Set.of("ext4", "xfs", "btrfs", "tmpfs");

    private static final Pattern VERSION = Pattern.compile("(\\d+)\\.(\\d+).*");

    /** Before Linux 5.8, syncfs does not report failed writes. */
    private static final int FIRST_MAJOR = 5;

    private static final int FIRST_MINOR = 8;

    private static final int DIRECTORY_READ_ONLY = 0200000;

    private final SystemCalls calls;
    private final List<OpenDirectory> directories = new ArrayList<>();

    private record OpenDirectory(Path path, int descriptor) {}

    private FileSystemSync(SystemCalls calls) {
        this.calls = calls;
    }

    /** For the file systems of some directories; empty if syncfs is not safe on one of them, or on this system. */
    public static Optional<FileSystemSync> open(List<Path> directories) throws IOException {
        if (!System.getProperty("os.name").equals("Linux") || !reportsErrors(System.getProperty("os.version"))) {
            return Optional.empty();
        }
        for (Path each : directories) {
            if (!isKnown(each)) {
                return Optional.empty();
            }
        }
        Optional<SystemCalls> calls = SystemCalls.find();
        if (calls.isEmpty()) {
            return Optional.empty();
        }
        FileSystemSync sync = new FileSystemSync(calls.get());
        boolean done = false;
        try {
            for (Path each : directories) {
                sync.directories.add(new OpenDirectory(each, calls.get().open(each)));
            }
            done = true;
        } finally {
            if (!done) {
                sync.close();
            }
        }
        return Optional.of(sync);
    }

    /** In another root than the system's, Java finds no mount point, and so no type. */
    private static boolean isKnown(Path directory) {
        try {
            return FILE_SYSTEMS.contains(Files.getFileStore(directory).type());
        } catch (IOException e) {
            return false;
        }
    }

    /** Whether a version of Linux, such as {@code 6.1.0-18-amd64}, has a syncfs that fails where a write failed. */
    public static boolean reportsErrors(String version) {
        Matcher parts = VERSION.matcher(version);
        if (!parts.matches() || parts.group(1).length() > 4 || parts.group(2).length() > 4) {
            return false;
        }
        int major = Integer.parseInt(parts.group(1));
        return major > FIRST_MAJOR || (major == FIRST_MAJOR && Integer.parseInt(parts.group(2)) >= FIRST_MINOR);
    }

    /** When this returns, all that was written before is durable. */
    public void sync() throws IOException {
        for (OpenDirectory each : directories) {
            calls.syncfs(each.descriptor(), each.path());
        }
    }

    @Override
    public void close() {
        directories.forEach(each -> calls.close(each.descriptor()));
        directories.clear();
    }

    /** What Java has no method for. Immutable. */
    private record SystemCalls(MethodHandle open, MethodHandle syncfs, MethodHandle close) {
        private static final String ERRNO = "errno";
        private static final MemoryLayout STATE = Linker.Option.captureStateLayout();
        private static final VarHandle ERROR = STATE.varHandle(MemoryLayout.PathElement.groupElement(ERRNO));

        /** Empty if the C library does not have them, or Java may not call it. */
        @SuppressWarnings("restricted") // the three functions have these arguments
        static Optional<SystemCalls> find() {
            try {
                Linker linker = Linker.nativeLinker();
                SymbolLookup library = linker.defaultLookup();
                Linker.Option error = Linker.Option.captureCallState(ERRNO);
                return library.find("open")
                        .flatMap(open -> library.find("syncfs")
                                .flatMap(syncfs -> library.find("close")
                                        .map(close -> new SystemCalls(
                                                linker.downcallHandle(
                                                        open,
                                                        FunctionDescriptor.of(
                                                                ValueLayout.JAVA_INT,
                                                                ValueLayout.ADDRESS,
                                                                ValueLayout.JAVA_INT),
                                                        Linker.Option.firstVariadicArg(2),
                                                        error),
                                                linker.downcallHandle(
                                                        syncfs,
                                                        FunctionDescriptor.of(
                                                                ValueLayout.JAVA_INT, ValueLayout.JAVA_INT),
                                                        error),
                                                linker.downcallHandle(
                                                        close,
                                                        FunctionDescriptor.of(
                                                                ValueLayout.JAVA_INT, ValueLayout.JAVA_INT))))));
            } catch (IllegalCallerException | UnsupportedOperationException | UnsatisfiedLinkError e) {
                return Optional.empty();
            }
        }

        int open(Path directory) throws IOException {
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment error = arena.allocate(STATE);
                int descriptor =
                        (int) open.invokeExact(error, arena.allocateFrom(directory.toString()), DIRECTORY_READ_ONLY);
                if (descriptor < 0) {
                    throw failed(directory, error);
                }
                return descriptor;
            } catch (Throwable e) {
                throw rethrown(e);
            }
        }

        void syncfs(int descriptor, Path directory) throws IOException {
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment error = arena.allocate(STATE);
                if ((int) syncfs.invokeExact(error, descriptor) != 0) {
                    throw failed(directory, error);
                }
            } catch (Throwable e) {
                throw rethrown(e);
            }
        }

        void close(int descriptor) {
            try {
                // Nothing was written through it.
                int _ = (int) close.invokeExact(descriptor);
            } catch (Throwable e) {
                throw new IllegalStateException(e);
            }
        }

        private static IOException failed(Path directory, MemorySegment error) {
            return new IOException(
                    "the file system of '" + directory + "' could not be synced: error " + (int) ERROR.get(error, 0L));
        }

        private static IOException rethrown(Throwable e) {
            return switch (e) {
                case IOException known -> known;
                case RuntimeException known -> throw known;
                case Error known -> throw known;
                default -> throw new IllegalStateException(e);
            };
        }
    }
}
