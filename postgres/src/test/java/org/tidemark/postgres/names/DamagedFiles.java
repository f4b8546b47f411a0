// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres.names;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.zip.CRC32C;
import org.tidemark.postgres.ControlFile;
import org.tidemark.postgres.names.ClusterFiles.ClusterFile;

/** Files of a cluster that are not as the server left them. */
final class DamagedFiles {
    private DamagedFiles() {}

    /** A file in memory. */
    @SuppressWarnings("ArrayRecordComponent") // Never compared.
    private record MemoryFile(byte[] bytes) implements ClusterFile {
        @Override
        public int read(long at, byte[] into, int offset, int length) {
            int read = (int) Math.max(0, Math.min(length, bytes.length - at));
            System.arraycopy(bytes, (int) Math.min(at, bytes.length), into, offset, read);
            return read;
        }
    }

    /** Overwrites, cuts off and removes files at random, with a valid CRC of the maps in half of the cases. */
    static ClusterFiles damaged(ClusterFiles files, Random random) {
        return path -> {
            Optional<ClusterFile> opened = files.open(path);
            int kind = random.nextInt(12);
            if (opened.isEmpty() || kind < 3) {
                return opened;
            }
            if (kind == 3) {
                opened.get().close();
                return Optional.empty();
            }
            byte[] bytes = whole(opened.get());
            if (kind == 4) {
                return Optional.of(new MemoryFile(Arrays.copyOf(bytes, random.nextInt(bytes.length + 1))));
            }
            overwrite(bytes, random);
            if (path.endsWith(RelationMap.NAME) && random.nextBoolean()) {
                CRC32C crc = new CRC32C();
                crc.update(bytes, 0, bytes.length == 512 ? 504 : 520);
                ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putInt(bytes.length == 512 ? 504 : 520, (int)
                        crc.getValue());
            }
            return Optional.of(new MemoryFile(bytes));
        };
    }

    private static void overwrite(byte[] bytes, Random random) {
        for (int i = random.nextInt(1 << random.nextInt(12)); i >= 0 && bytes.length > 0; i--) {
            int at = random.nextInt(bytes.length);
            // Page headers and line pointers are hit as often as the rest.
            int place = random.nextBoolean() ? at : at - at % 8192 + random.nextInt(64);
            bytes[Math.min(place, bytes.length - 1)] = (byte) random.nextInt();
        }
    }

    /**
     * What a copy of a cluster that changes may have: each page from one of its states, and a file that not all of them
     * have from one of those that do, or none.
     */
    static ClusterFiles mixed(List<ClusterFiles> states, int pageSize, Random random) {
        return path -> {
            List<byte[]> contents = new ArrayList<>();
            boolean isInAll = true;
            for (ClusterFiles each : states) {
                Optional<ClusterFile> opened = each.open(path);
                isInAll &= opened.isPresent();
                if (opened.isPresent()) {
                    contents.add(whole(opened.get()));
                }
            }
            if (contents.isEmpty() || (!isInAll && random.nextInt(3) == 0)) {
                return Optional.empty();
            }
            byte[] chosen = contents.get(random.nextInt(contents.size())).clone();
            for (int at = 0; isInAll && at + pageSize <= chosen.length; at += pageSize) {
                byte[] other = contents.get(random.nextInt(contents.size()));
                // A file that was cut off meanwhile may be shorter by several pages.
                int from = Math.min(at, other.length);
                System.arraycopy(other, from, chosen, at, Math.min(pageSize, other.length - from));
            }
            return Optional.of(new MemoryFile(chosen));
        };
    }

    /** Cuts each relation into files of this size. */
    static ClusterFiles cutInto(ClusterFiles files, int segmentBytes) {
        return path -> {
            int dot = path.lastIndexOf('.');
            int segment = dot < 0 || path.endsWith(RelationMap.NAME) ? 0 : Integer.parseInt(path.substring(dot + 1));
            String whole = segment == 0 ? path : path.substring(0, dot);
            Optional<ClusterFile> opened = files.open(whole);
            if (opened.isEmpty() || whole.startsWith("pg_xact") || whole.endsWith(RelationMap.NAME)) {
                return opened;
            }
            byte[] bytes = whole(opened.get());
            int from = segment * segmentBytes;
            return from > 0 && from >= bytes.length
                    ? Optional.empty()
                    : Optional.of(new MemoryFile(
                            Arrays.copyOfRange(bytes, from, Math.min(bytes.length, from + segmentBytes))));
        };
    }

    static ControlFile withSegments(ControlFile control, int pages) {
        ControlFile.Layout layout = control.layout();
        return with(
                control,
                new ControlFile.Layout(layout.pageSize(), pages, layout.walPageSize(), layout.walSegmentSize()),
                control.dataChecksumVersion());
    }

    static ControlFile withoutChecksums(ControlFile control) {
        return with(control, control.layout(), 0);
    }

    private static ControlFile with(ControlFile control, ControlFile.Layout layout, int checksums) {
        return new ControlFile(
                control.system(),
                control.version(),
                control.catalogVersion(),
                control.postgresMajor(),
                control.state(),
                control.checkpoint(),
                control.recovery(),
                control.settings(),
                layout,
                checksums);
    }

    private static byte[] whole(ClusterFile file) throws IOException {
        try (file) {
            ByteArrayOutputStream whole = new ByteArrayOutputStream();
            byte[] some = new byte[1 << 16];
            for (int read = file.read(0, some, 0, some.length); read > 0; ) {
                whole.write(some, 0, read);
                read = file.read(whole.size(), some, 0, some.length);
            }
            return whole.toByteArray();
        }
    }
}
