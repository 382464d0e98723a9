internal import Foundation
internal import ModelFiles
internal import Store

/// Whether an error says that the disk has no room: jobs wait for it then, whoever found out.
enum FullDisk {
    static func isReason(of error: any Error) -> Bool {
        switch error {
        case let error as StoreError: error.code == .full
        case let error as ModelFileError: error.isFull
        case let error as CocoaError: error.code == .fileWriteOutOfSpace
        default: false
        }
    }
}
