// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.sftp;

import org.tidemark.testkit.StoreRootContract;

class SftpRootTest extends StoreRootContract {
    SftpRootTest() {
        super(new ServedDirectories());
    }
}
