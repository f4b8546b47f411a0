// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.azure;

import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.zip.CRC32C;

/**
 * The names of the blocks of one upload. Several writers of one key have their blocks side by side, so they begin with
 * something that no other upload has; all have one length, as the service demands; and a checksum in each of them lets
 * no damage of a list of blocks turn one name into another. Immutable.
 */
final class BlockIds {
    private static final int RANDOM_BYTES = 16;

    private final byte[] upload = new byte[RANDOM_BYTES];

    BlockIds() {
        new SecureRandom().nextBytes(upload);
    }

    String of(int index) {
        ByteBuffer id = ByteBuffer.allocate(RANDOM_BYTES + 2 * Integer.BYTES);
        id.put(upload).putInt(index);
        CRC32C checksum = new CRC32C();
        checksum.update(id.array(), 0, id.position());
        id.putInt((int) checksum.getValue());
        return Base64.getEncoder().encodeToString(id.array());
    }

    List<String> first(int count) {
        List<String> ids = new ArrayList<>(count);
        for (int index = 0; index < count; index++) {
            ids.add(of(index));
        }
        return ids;
    }
}
