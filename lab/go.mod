module deploy-actions/lab

go 1.19
