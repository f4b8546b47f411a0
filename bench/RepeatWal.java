// SPDX-License-Identifier: Apache-2.0
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.CRC32C;

/**
 * Writes neighbouring segments once more, as what a server would have written after them, some hours later: addresses
 * of pages, each record's place of the one before, times of commits, and checksums. Transactions have the same numbers
 * again. Usage: java RepeatWal.java FROM-DIRECTORY TO-DIRECTORY COPY. The segments have to begin with a record, and to
 * end with a switch; copy 1 is one hour later. See access/xlogrecord.h, access/xlog_internal.h and access/xact.h of
 * PostgreSQL.
 */
final class RepeatWal {
    private static final int PAGE = 8192;
    private static final int PAGE_HEADER = 24;
    private static final int SEGMENT_HEADER = 40;
    private static final int RECORD_HEADER = 24;
    private static final int CHECKSUM_AT = 20;
    private static final int RMGR_XACT = 1;
    private static final long HOUR_MICROSECONDS = 3_600_000_000L;

    private final ByteBuffer[] segments;
    private final int segmentBytes;
    private final long shift;
    private final long later;
    private final long begin;
    private final CRC32C checksum = new CRC32C();
    private byte[] record = new byte[1 << 16];
    private int length;
    /** Parts of the record: where each begins, and how many bytes it has. */
    private long[] runs = new long[64];

    private int runCount;
    private long at;
    private long first = -1;
    private long last;

    private RepeatWal(ByteBuffer[] segments, long copy) {
        this.segments = segments;
        this.segmentBytes = segments[0].capacity();
        this.shift = copy * segments.length * segmentBytes;
        this.later = copy * HOUR_MICROSECONDS;
        this.begin = segments[0].getLong(8);
    }

    public static void main(String[] arguments) throws IOException {
        Path to = Path.of(arguments[1]);
        long copy = Long.parseLong(arguments[2]);
        List<Path> files;
        try (Stream<Path> all = Files.list(Path.of(arguments[0]))) {
            files = all.sorted().toList();
        }
        ByteBuffer[] segments = new ByteBuffer[files.size()];
        for (int i = 0; i < segments.length; i++) {
            segments[i] = ByteBuffer.wrap(Files.readAllBytes(files.get(i))).order(ByteOrder.LITTLE_ENDIAN);
        }
        new RepeatWal(segments, copy).rewrite();
        String timeline = files.get(0).getFileName().toString().substring(0, 8);
        for (ByteBuffer segment : segments) {
            long address = segment.getLong(8);
            String name = String.format(
                    "%s%08X%08X", timeline, address >>> 32, (address & 0xFFFF_FFFFL) / segment.capacity());
            Files.write(to.resolve(name), segment.array());
        }
    }

    private void rewrite() {
        long all = (long) segments.length * segmentBytes;
        while (at < all) {
            if (at % PAGE == 0 && !enterPage()) {
                at = (at / segmentBytes + 1) * segmentBytes; // what follows a switch may be zeros
                continue;
            }
            at = (at + 7) / 8 * 8;
            if (at % PAGE == 0) {
                continue;
            }
            int length = segments[(int) (at / segmentBytes)].getInt((int) (at % segmentBytes));
            if (length == 0) {
                at = (at / PAGE + 1) * PAGE;
            } else {
                rewriteRecord(length);
            }
        }
        // The record before the first one is the last one of the copy before.
        at = first;
        read(segments[(int) (at / segmentBytes)].getInt((int) (at % segmentBytes)));
        record().putLong(8, begin + last + shift - (long) segments.length * segmentBytes);
        store();
    }

    private boolean enterPage() {
        ByteBuffer segment = segments[(int) (at / segmentBytes)];
        int offset = (int) (at % segmentBytes);
        if (segment.getShort(offset) == 0) {
            return false;
        }
        if (segment.getLong(offset + 8) == begin + at) {
            segment.putLong(offset + 8, begin + at + shift);
        }
        at += headerBytes(at);
        return true;
    }

    private int headerBytes(long page) {
        return page % segmentBytes == 0 ? SEGMENT_HEADER : PAGE_HEADER;
    }

    private void rewriteRecord(int length) {
        long start = at;
        read(length);
        ByteBuffer fields = record();
        if (fields.getInt(CHECKSUM_AT) != checksum(length)) {
            throw new IllegalStateException("no record with a right checksum at " + Long.toHexString(begin + start));
        }
        fields.putLong(8, fields.getLong(8) + shift);
        if (fields.get(17) == RMGR_XACT) {
            int data = mainData(fields);
            int operation = fields.get(16) & 0x70;
            if (data > 0 && operation != 0x10 && operation != 0x50 && operation != 0x60) { // PREPARE, ASSIGNMENT, …
                fields.putLong(data, fields.getLong(data) + later);
            }
        }
        if (first < 0) {
            first = start;
        }
        last = start;
        store();
    }

    /** Of a record without blocks; 0 if it has some. */
    private static int mainData(ByteBuffer fields) {
        int place = RECORD_HEADER;
        while (true) {
            switch (fields.get(place) & 0xFF) {
                case 255 -> {
                    return place + 2;
                }
                case 254 -> {
                    return place + 5;
                }
                case 253 -> place += 3; // the replication origin
                case 252 -> place += 5; // the top transaction
                default -> {
                    return 0;
                }
            }
        }
    }

    private void read(int bytes) {
        length = bytes;
        if (record.length < bytes) {
            record = Arrays.copyOf(record, bytes * 2);
        }
        runCount = 0;
        int have = 0;
        while (have < bytes) {
            if (at % PAGE == 0) {
                if (segments[(int) (at / segmentBytes)].getLong((int) (at % segmentBytes) + 8) == begin + at) {
                    enterPage();
                } else {
                    at += headerBytes(at);
                }
            }
            int run = (int) Math.min(bytes - have, PAGE - at % PAGE);
            segments[(int) (at / segmentBytes)].get((int) (at % segmentBytes), record, have, run);
            if (2 * runCount + 2 > runs.length) {
                runs = Arrays.copyOf(runs, runs.length * 2);
            }
            runs[2 * runCount] = at;
            runs[2 * runCount + 1] = run;
            runCount++;
            have += run;
            at += run;
        }
    }

    private ByteBuffer record() {
        return ByteBuffer.wrap(record, 0, length).order(ByteOrder.LITTLE_ENDIAN);
    }

    private int checksum(int bytes) {
        checksum.reset();
        checksum.update(record, RECORD_HEADER, bytes - RECORD_HEADER);
        checksum.update(record, 0, CHECKSUM_AT);
        return (int) checksum.getValue();
    }

    private void store() {
        record().putInt(CHECKSUM_AT, checksum(length));
        int from = 0;
        for (int i = 0; i < runCount; i++) {
            int run = (int) runs[2 * i + 1];
            long place = runs[2 * i];
            segments[(int) (place / segmentBytes)].put((int) (place % segmentBytes), record, from, run);
            from += run;
        }
    }
}
