// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog;

class ZstdCodecTest extends CodecContract {
    @Override
    Codec codec() {
        return Codec.parse("zstd");
    }
}
