#!/bin/sh
# Makes caffe_pb2.py and caffe_pb2.pyi from caffe.proto. Wants grpcio-tools 1.62.3: the code of that
# protoc is the last that asks for no particular protobuf runtime, so any from 4.25 on will do.
set -e
cd "$(dirname "$0")/../../.."
${PYTHON:-python3} -m grpc_tools.protoc -I. --python_out=. --pyi_out=. lpdnn/frontends/caffe/caffe.proto
