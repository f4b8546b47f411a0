// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.filesystem;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.tidemark.core.PermissionDenied;
import org.tidemark.store.ByteRange;
import org.tidemark.store.HostMemory;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.StorageException;

/** A store in a process of its own: for what a test cannot do to itself, such as dying, or being another user. */
final class StoreProcess {
    static final int OBJECT_BYTES = 1_500_000;

    private StoreProcess() {}

    /**
     * Usage: {@code root result put|open|stat|list|delete key}, or {@code root result put-for-ever}. A file after the
     * key is the memory of the host.
     */
    public static void main(String[] args) throws IOException {
        HostMemory memory = args.length > 4 ? new MemoryFile(Path.of(args[4])) : HostMemory.NONE;
        ObjectStore store =
                new FileSystemStore(new FileSystemConfig(Path.of(args[0]), FileSystemAccess.PRIVATE), memory);
        if (args[2].equals("put-for-ever")) {
            putForEver(store);
        }
        String result;
        try {
            result = operate(store, args[2], new ObjectKey(args[3]));
        } catch (StorageException e) {
            result = e.getClass().getSimpleName() + ": " + e.getMessage();
        }
        Files.writeString(Path.of(args[1]), result);
    }

    /** What the host keeps, in a file. */
    private record MemoryFile(Path file) implements HostMemory {
        @Override
        public String read() {
            try {
                return Files.exists(file) ? Files.readString(file) : "";
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public void write(String text) {
            try {
                Files.writeString(file, text);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private static String operate(ObjectStore store, String operation, ObjectKey key) throws StorageException {
        switch (operation) {
            case "put" -> store.putIfAbsent(key, ObjectSource.of(new byte[10]));
            case "open" -> openAndClose(store, key);
            case "stat" -> {
                return store.stat(key).isPresent() ? "present" : "absent";
            }
            case "list" -> {
                return store.list("", Optional.empty(), 10).toString();
            }
            case "delete" -> store.delete(List.of(key));
            case "unfinished" -> {
                return store.unfinishedUploads()
                        .orElseThrow()
                        .begunBefore("", Instant.MAX, 10)
                        .toString();
            }
            case "put again" -> {
                store.putIfAbsent(key, ObjectSource.of(new byte[10]));
                store.delete(List.of(key));
                store.putIfAbsent(key, ObjectSource.of(new byte[10]));
            }
            default -> throw new IllegalArgumentException(operation);
        }
        return "done";
    }

    private static void openAndClose(ObjectStore store, ObjectKey key) throws StorageException {
        try (InputStream stream = store.open(key, ByteRange.ALL)) {
            stream.readAllBytes();
        } catch (StorageException e) {
            throw e;
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void putForEver(ObjectStore store) throws StorageException {
        for (int number = 0; ; number++) {
            store.putIfAbsent(new ObjectKey(name(number)), ObjectSource.of(content(number)));
        }
    }

    static String name(int number) {
        return String.format(Locale.ROOT, "dir%d/%06d", number / 3, number);
    }

    static byte[] content(int number) {
        byte[] bytes = new byte[OBJECT_BYTES];
        Arrays.fill(bytes, (byte) number);
        return bytes;
    }

    /**
     * Starts it.
     *
     * @param prefix what runs the JVM, such as {@code setpriv …}
     * @param classes a directory that {@link #copyClasses} has filled
     */
    static Process start(List<String> prefix, Path classes, Object... args) throws IOException {
        List<String> command = new ArrayList<>(prefix);
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-Xmx64m", "-cp", classes + "/*:" + classes, StoreProcess.class.getName()));
        for (Object arg : args) {
            command.add(arg.toString());
        }
        return new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.INHERIT)
                .start();
    }

    /** Runs it to its end and gives the result; the directory of the result must be writable for its user. */
    static String run(
            List<String> prefix, Path classes, Path root, Path result, String operation, String key, Path... memory)
            throws IOException, InterruptedException {
        List<Object> args = new ArrayList<>(List.of(root, result, operation, key));
        args.addAll(List.of(memory));
        Process process = start(prefix, classes, args.toArray());
        if (!process.waitFor(1, TimeUnit.MINUTES)) {
            process.destroyForcibly();
            throw new IllegalStateException("the process did not end");
        }
        return Files.readString(result);
    }

    /** The classes that it needs, where any user can read them. */
    static void copyClasses(Path to) throws IOException {
        Files.setPosixFilePermissions(to, PosixFilePermissions.fromString("rwxr-xr-x"));
        Set<Path> sources = new LinkedHashSet<>();
        for (Class<?> type :
                List.of(PermissionDenied.class, ObjectStore.class, FileSystemStore.class, StoreProcess.class)) {
            sources.add(source(type));
        }
        for (Path from : sources) {
            try (Stream<Path> files = Files.walk(from)) {
                for (Path file : files.toList()) {
                    copy(file, from.equals(file) ? to.resolve("") : to.resolve(from.relativize(file)), to);
                }
            }
        }
    }

    private static void copy(Path file, Path target, Path to) throws IOException {
        if (Files.isDirectory(file)) {
            Files.createDirectories(target);
            Files.setPosixFilePermissions(target, PosixFilePermissions.fromString("rwxr-xr-x"));
        } else {
            Path copied = Files.copy(file, target.equals(to) ? to.resolve(file.getFileName()) : target);
            Files.setPosixFilePermissions(copied, PosixFilePermissions.fromString("rw-r--r--"));
        }
    }

    private static Path source(Class<?> type) {
        try {
            return Path.of(
                    type.getProtectionDomain().getCodeSource().getLocation().toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }
}
