// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Random;
import org.tidemark.catalog.format.Codec;
import org.tidemark.catalog.format.ContainerKind;
import org.tidemark.catalog.format.EncodedObject;
import org.tidemark.catalog.format.Encoding;
import org.tidemark.catalog.format.ObjectEncoder;
import org.tidemark.core.ClusterName;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.core.WalFile;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.store.ObjectSource;

/** Values that the tests of this module share. */
public final class Samples {
    public static final Clock CLOCK = Clock.fixed(Instant.parse("2026-11-20T06:30:11Z"), ZoneOffset.UTC);
    public static final SystemIdentifier SYSTEM = SystemIdentifier.parse("7312089945514410");
    public static final ClusterIdentity IDENTITY =
            new ClusterIdentity(new ClusterName("main"), SYSTEM, WalSegmentSize.DEFAULT, 8192, 15);

    private Samples() {}

    /** Runs of few different bytes, as WAL has them, between some that are random. */
    public static byte[] compressible(Random random, int size) {
        byte[] data = new byte[size];
        int at = 0;
        while (at < size) {
            int run = Math.min(size - at, 1 + random.nextInt(200));
            byte value = (byte) random.nextInt(4);
            for (int i = 0; i < run; i++) {
                data[at++] = random.nextInt(10) == 0 ? (byte) random.nextInt() : value;
            }
        }
        return data;
    }

    public static WalFile.Segment segment(String name) {
        return (WalFile.Segment) WalFile.parse(name);
    }

    /** What a push of {@code content} under this name stores; it is small, and so stays in memory. */
    public static EncodedObject encoded(WalFile file, byte[] content) {
        try {
            return ObjectEncoder.encode(
                    ContainerKind.of(file),
                    file.name(),
                    SYSTEM,
                    Encoding.of(Codec.parse("zstd")),
                    ObjectSource.of(content),
                    Path.of("nowhere"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
