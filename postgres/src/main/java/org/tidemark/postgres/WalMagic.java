// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres;

import java.util.OptionalInt;

/**
 * The number at the start of every WAL page, {@code XLOG_PAGE_MAGIC}. It changes with each major version. The values
 * were read from real servers.
 */
public final class WalMagic {
    private WalMagic() {}

    /** The major version whose pages begin with {@code magic}; empty if the magic is unknown. */
    public static OptionalInt postgresMajor(int magic) {
        return switch (magic) {
            case 0xD106 -> OptionalInt.of(13);
            case 0xD10D -> OptionalInt.of(14);
            case 0xD110 -> OptionalInt.of(15);
            case 0xD113 -> OptionalInt.of(16);
            case 0xD116 -> OptionalInt.of(17);
            case 0xD118 -> OptionalInt.of(18);
            default -> OptionalInt.empty();
        };
    }

    static String toHex(int magic) {
        return "%04X".formatted(magic);
    }
}
