// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.sftp;

import org.tidemark.testkit.UnfinishedUploadsContract;

class SftpUnfinishedUploadsTest extends UnfinishedUploadsContract {
    SftpUnfinishedUploadsTest() {
        super(new ServedDirectories());
    }
}
